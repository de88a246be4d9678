/** One reason why a new configuration was not taken. What is not known is absent. */
export interface ReloadIssue {
  readonly file?: string
  readonly line?: number
  readonly column?: number
  /** Keys joined by `::`. */
  readonly path: string
  readonly code: string
  readonly message: string
  readonly suggestion?: string
}

/** What came of reading the configuration again. Components are named as `<kind>:<id>`, processors with their pipeline. */
export type ReloadOutcome =
  | {
      readonly outcome: 'success'
      /** Whether everything was restarted. */
      readonly everything: boolean
      readonly restarted: readonly string[]
      readonly started: readonly string[]
      readonly stopped: readonly string[]
    }
  | {
      readonly outcome: 'failure'
      /** Why the collector goes on as it was. */
      readonly message: string
      readonly issues: readonly ReloadIssue[]
    }
