import {
  AggregationType,
  createAllowListAttributesProcessor,
  createDenyListAttributesProcessor,
  type AggregationOption,
  type IAttributesProcessor,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics'

import type { MetricsLevel } from './instruments.ts'
import { detailedAttributes, metricsLeftOut } from './metric-levels.ts'

/** One of `metrics.views`: which instruments, and what becomes of them. */
export interface ViewSettings {
  readonly instrumentName: string
  readonly name?: string | undefined
  readonly description?: string | undefined
  /** Attributes to keep or, without `included`, to leave out. */
  readonly included?: readonly string[] | undefined
  readonly excluded?: readonly string[] | undefined
  readonly drop?: boolean | undefined
  /** Boundaries of a histogram's buckets. */
  readonly boundaries?: readonly number[] | undefined
}

/** Views that make a level what it is, and at level `detailed` those of the user. */
export function metricViews(level: MetricsLevel, own: readonly ViewSettings[]): ViewOptions[] {
  if (level === 'detailed') return own.map(toViewOptions)
  const dropped = metricsLeftOut(level).map((instrumentName) => ({
    instrumentName,
    aggregation: { type: AggregationType.DROP } as const,
  }))
  const narrowed = [...detailedAttributes].map(([instrumentName, attributes]) => ({
    instrumentName,
    attributesProcessors: [createDenyListAttributesProcessor([...attributes])],
  }))
  return [...dropped, ...narrowed]
}

function toViewOptions(view: ViewSettings): ViewOptions {
  const attributesProcessors: IAttributesProcessor[] = []
  if (view.included !== undefined)
    attributesProcessors.push(createAllowListAttributesProcessor([...view.included]))
  if (view.excluded !== undefined)
    attributesProcessors.push(createDenyListAttributesProcessor([...view.excluded]))
  const aggregation = aggregationOf(view)
  return {
    instrumentName: view.instrumentName,
    attributesProcessors,
    ...(view.name === undefined ? {} : { name: view.name }),
    ...(view.description === undefined ? {} : { description: view.description }),
    ...(aggregation === undefined ? {} : { aggregation }),
  }
}

function aggregationOf({ drop, boundaries }: ViewSettings): AggregationOption | undefined {
  if (drop === true) return { type: AggregationType.DROP }
  if (boundaries === undefined) return undefined
  return { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: [...boundaries] } }
}
