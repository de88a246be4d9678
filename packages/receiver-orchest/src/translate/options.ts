/** Choices of the user that change what an event becomes. */
export interface TranslationOptions {
  /** Prefixed to what ids are made of; empty for none. */
  readonly idSalt: string
  /** Status OK for what succeeded and what was stopped. */
  readonly setOk: boolean
  /** Parameters of runs, which may hold secrets. */
  readonly includeParameters: boolean
  /** Whether events about nothing that lasts become spans. */
  readonly instants: 'span' | 'drop'
}
