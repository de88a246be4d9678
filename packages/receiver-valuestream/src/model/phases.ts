import { attribute, control } from '../attributes.ts'
import { partSpanId } from './ids.ts'
import type { Item } from './item.ts'
import { epochMillis } from './time.ts'

/** What a phase has beside its name, where a source has ids and names of its own for it. */
export interface PhaseSpan {
  readonly spanId?: string
  readonly name?: string
}

/**
 * A phase whose begin and end one event tells: `queue` or `running` (`valuestream.md` section 5.2). A span, a span
 * event or nothing, by the setting `phases`.
 */
export function addPhase(item: Item, phase: string, start: bigint, end: bigint, span: PhaseSpan = {}): void {
  const { phases } = item.workshop.options
  if (phases === 'events') addPhaseEvent(item, phase, start)
  if (phases !== 'spans') return
  const { spanId = partSpanId(`${item.key}/${phase}`), name = `${item.init.operation} ${phase}` } = span
  item.addPart(
    { spanId, name, startTime: start, endTime: end, attributes: { [attribute.phaseName]: phase } },
    `/${phase}`,
  )
}

/** The item enters a phase, which lasts until the next one or until the item ends. */
export function enterPhase(item: Item, phase: string, time: bigint): void {
  const { phases } = item.workshop.options
  if (phases === 'events') addPhaseEvent(item, phase, time)
  if (phases !== 'spans') return
  const spanId = partSpanId(`${item.key}/${phase}/${epochMillis(time)}`)
  const name = `${item.init.operation} ${phase}`
  item.addPart(
    { spanId, name, startTime: time, attributes: { [attribute.phaseName]: phase } },
    '/phase',
    'valuestream.phase',
  )
}

/** Whatever ended the item ends the phase that it was in. */
export function leavePhases(item: Item, time: bigint): void {
  if (item.workshop.options.phases !== 'spans') return
  item.fragments.push({
    traceId: item.ids.traceId,
    spanId: partSpanId(`${item.key}/phase`),
    name: '',
    endTime: time,
    resource: item.init.resource,
    scope: item.workshop.scope,
    attributes: {
      [control.key]: `${item.key}/phase`,
      [control.group]: `${item.key}/`,
      [control.close]: true,
      [control.profile]: 'valuestream.phase',
    },
  })
}

function addPhaseEvent(item: Item, phase: string, time: bigint): void {
  item.update({ time, name: `phase.${phase}`, attributes: { [attribute.phaseName]: phase } })
}
