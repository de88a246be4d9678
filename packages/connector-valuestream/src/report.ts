import { type Figure, type Figures } from './figures.ts'

/** The figures as the fields of a log line, rounded for people. */
export function reportOf(figures: Figures): Readonly<Record<string, unknown>> {
  const { period, failures } = figures
  return {
    from: new Date(period.from).toISOString(),
    until: new Date(period.until).toISOString(),
    deployment_frequency: perDay(figures.deployment_frequency),
    lead_time: duration(figures.lead_time),
    change_failure_rate: share(figures.change_failure_rate),
    time_to_restore: duration(figures.time_to_restore),
    rework_rate: share(figures.rework_rate),
    failures: `${failures.deployment} failed, ${failures.rollback} rolled back, ${failures.incident} with an incident`,
  }
}

const nothing = 'nothing to measure'

const counted = ({ count, funnel: { received } }: Figure): string => `${count} of ${received} items`

function perDay(figure: Figure): string {
  return figure.value === undefined ? nothing : `${figure.value.toFixed(2)} a day (${counted(figure)})`
}

function share(figure: Figure): string {
  return figure.value === undefined ? nothing : `${(figure.value * 100).toFixed(1)} % (${counted(figure)})`
}

function duration(figure: Figure): string {
  const { p50, p90 } = figure
  if (p50 === undefined || p90 === undefined) return nothing
  return `p50 ${hours(p50)}, p90 ${hours(p90)} (${counted(figure)})`
}

function hours(seconds: number): string {
  return seconds < 5_400 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3_600).toFixed(1)} h`
}
