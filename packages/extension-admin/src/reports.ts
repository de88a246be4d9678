import { errorText, type AccountReading, type CollectorView } from '@spanloom/core'

/** What `/api/accounting` tells. */
export interface AccountingReport {
  /** Whether the books of all components close. */
  readonly balanced: boolean
  readonly components: readonly AccountReading[]
}

/** What `/api/components` tells of one instance. */
export interface ComponentReport {
  readonly kind: string
  readonly id: string
  readonly pipelines: readonly string[]
  readonly status: string
  /** RFC 3339. */
  readonly since: string
  readonly error?: string
}

export function accountingReport(collector: CollectorView): AccountingReport {
  const components = collector.accounting()
  return { balanced: components.every(({ balanced }) => balanced), components }
}

export function componentReports(collector: CollectorView): readonly ComponentReport[] {
  return collector.components().map(({ kind, id, pipelines, status: { kind: status, at, error } }) => ({
    kind,
    id,
    pipelines,
    status,
    since: new Date(at).toISOString(),
    ...(error === undefined ? {} : { error: errorText(error) }),
  }))
}
