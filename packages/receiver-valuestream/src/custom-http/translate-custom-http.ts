import { Draft } from '../model/draft.ts'
import { idOf, textOf } from '../model/fields.ts'
import { Item } from '../model/item.ts'
import { parseTraceparent } from '../model/references.ts'
import { parseTime } from '../model/time.ts'
import { combined, spanName } from '../model/translated.ts'
import { PayloadError, type Translate } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'
import { FoldedFields } from './folded-fields.ts'
import { addMetadata } from './metadata.ts'

/** As many events as one request may bring. */
const maxEvents = 10_000

/** Translates events in our own format, one or a list of them (`valuestream.md` section 3.4). */
export function customHttpTranslation(workshop: Workshop): Translate {
  return ({ payload }, { arrivalTime }) => {
    if (!Array.isArray(payload)) return combined([itemOf(payload, '', arrivalTime, workshop)])
    if (payload.length > maxEvents)
      throw new PayloadError('', `A request may hold ${maxEvents} events at most.`)
    const items = payload.map((event, index) => itemOf(event, `[${index}].`, arrivalTime, workshop))
    return combined(items, 'action')
  }
}

/** `path` is where the event stands in the request. */
function itemOf(value: unknown, path: string, arrivalTime: bigint, workshop: Workshop): Item {
  const event = new FoldedFields(value)
  const id = required(idOf(event.value('id')), `${path}id`)
  const action = required(textOf(event.value('action')), `${path}action`)
  const type = required(textOf(event.value('type')), `${path}type`)
  const namespace = textOf(event.value('namespace'))
  const draft = new Draft(workshop.options.legacyTags)
  addMetadata(draft, event.value('metadata'))

  const item = new Item(workshop, {
    source: 'customhttp',
    operation: type,
    spanId: `vstrace-customhttp-${type}-${namespace ?? ''}-${id}`,
    parent: textOf(event.value('parentId')),
    context: parseTraceparent(event.value('traceparent')),
    name: spanName(workshop, type, namespace),
    resource: workshop.resourceOf({ source: 'customhttp', project: namespace }),
    attributes: draft.attributes,
  })
  const time = parseTime(event.value('timestamp')) ?? arrivalTime
  if (action === 'start') item.start(time)
  else if (action === 'end') item.end(time, { isError: event.value('error') === true, errorType: '_OTHER' })
  else item.update({ time, name: action })
  return item
}

function required(value: string | undefined, field: string): string {
  if (value === undefined) throw new PayloadError(field)
  return value
}
