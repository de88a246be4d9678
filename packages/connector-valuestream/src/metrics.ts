import type { ComponentTelemetry } from '@spanloom/core'

import { failureCauses } from './deployments.ts'
import { factKinds } from './fact.ts'
import type { Facts } from './facts.ts'
import { type Figure, type FigureName, figureNames, type Figures, type Measured } from './figures.ts'
import type { Step } from './funnel.ts'

const prefix = 'otelcol_connector_value_stream'
const steps: readonly ('received' | Step)[] = ['received', 'classified', 'paired', 'counted']

const described: Readonly<Record<FigureName, readonly [unit: string, description: string]>> = {
  deployment_frequency: ['{deployment}/d', 'Successful production deployments a day.'],
  lead_time: ['s', 'From a change to the deployment that brought it to production.'],
  change_failure_rate: [
    '1',
    'Share of production deployments that failed, were rolled back or led to an incident.',
  ],
  time_to_restore: ['s', 'From a failed production deployment to its restoration.'],
  rework_rate: ['1', 'Share of production deployments that mend something.'],
}

type Labels = Readonly<Record<string, string>>

/**
 * Registers the metrics of one connector. All are read when somebody asks, from `read`. Figures that rest on nothing
 * are absent rather than 0.
 */
export function registerMetrics(
  { meter }: Pick<ComponentTelemetry, 'meter'>,
  id: string,
  facts: Facts,
  read: () => Measured,
): void {
  const gauge = (
    name: string,
    unit: string,
    description: string,
    tell: (figures: Figures, say: (value: number, labels: Labels) => void) => void,
  ): void => {
    meter.createObservableGauge(`${prefix}_${name}`, { unit, description }).addCallback((result) => {
      const { all, repositories } = read()
      tell(all, (value, labels) => result.observe(value, { connector: id, ...labels }))
      for (const [repository, figures] of repositories)
        tell(figures, (value, labels) => result.observe(value, { connector: id, repository, ...labels }))
    })
  }

  for (const name of figureNames) {
    const [unit, description] = described[name]
    gauge(name, unit, description, (figures, say) => {
      for (const [statistic, value] of statisticsOf(figures[name]))
        if (value !== undefined) say(value, { statistic })
    })
  }
  gauge('samples', '{item}', 'Items that a figure rests on.', (figures, say) => {
    for (const name of figureNames) say(figures[name].count, { figure: name })
  })
  gauge('funnel', '{item}', 'Items that came to each stage on the way into a figure.', (figures, say) => {
    for (const name of figureNames)
      for (const stage of steps) say(figures[name].funnel[stage], { figure: name, stage })
  })
  gauge('excluded', '{item}', 'Items that did not come to a stage, by reason.', (figures, say) => {
    for (const name of figureNames)
      for (const { step, reason, count } of figures[name].funnel.excluded)
        say(count, { figure: name, stage: step, reason })
  })
  gauge('failures', '{deployment}', 'Failed production deployments, by cause.', (figures, say) => {
    for (const cause of failureCauses) say(figures.failures[cause], { cause })
  })
  gauge('window_start', 's', 'Where the window begins, in unix seconds.', (figures, say) =>
    say(figures.period.from / 1000, {}),
  )
  gauge('window_end', 's', 'Where the window ends, in unix seconds.', (figures, say) =>
    say(figures.period.until / 1000, {}),
  )
  meter
    .createObservableGauge(`${prefix}_remembered`, {
      unit: '{item}',
      description: 'Items that are remembered.',
    })
    .addCallback((result) => {
      for (const kind of factKinds) result.observe(facts.count(kind), { connector: id, kind })
    })
  meter
    .createObservableCounter(`${prefix}_evicted`, {
      unit: '{item}',
      description: 'Items forgotten because of `max_items`.',
    })
    .addCallback((result) => result.observe(facts.evicted, { connector: id }))
}

function statisticsOf({ value, p50, p90 }: Figure): readonly (readonly [string, number | undefined])[] {
  return [
    ['mean', value],
    ['p50', p50],
    ['p90', p90],
  ]
}
