import { Fields, presentText } from './fields.ts'
import { isJsonObject, type JsonObject, type JsonValue, WrittenNumber } from './json-body.ts'

/** The statuses that Invictus knows. */
export type Status = 'Started' | 'Active' | 'Cancelled' | 'Completed' | 'Failed'

/** Why an element of a message is no event. The words are attribute values of a metric. */
export type RejectReason =
  | 'not_an_object'
  | 'no_chain_id'
  | 'no_step'
  | 'no_step_id'
  | 'no_step_status'
  | 'too_deep'

/** One flow-trace event (`invictus.md` chapter 2). What is absent, null or blank is `undefined`; texts are verbatim. */
export interface FlowEvent {
  readonly id: string | undefined
  readonly time: string | number | WrittenNumber | undefined
  readonly chainId: string
  readonly source: string | undefined
  /** The legacy field of the event itself, not that of its step. */
  readonly parentId: string | undefined
  readonly stepId: string
  readonly stepName: string | undefined
  /** An unknown status counts as `Active`. */
  readonly status: Status
  /** The status as the event spells it, when Invictus knows no such status. */
  readonly unknownStatus: string | undefined
  readonly stepParentId: string | undefined
  readonly domain: string | undefined
  readonly service: string | undefined
  readonly action: string | undefined
  readonly version: string | undefined
  readonly milestone: string | undefined
  readonly eventText: string | undefined
  readonly data: JsonObject | undefined
  readonly errorCode: string | undefined
  readonly errorDescription: string | undefined
  readonly resourceId: string | undefined
  readonly portalLink: string | undefined
}

/** Reads one element of a message, or tells why it cannot be used. Never throws. */
export function readEvent(element: JsonValue): FlowEvent | RejectReason {
  if (!isJsonObject(element)) return 'not_an_object'
  const event = new Fields(element, eventNames)
  const chainId = event.text('ChainId')
  if (chainId === undefined) return 'no_chain_id'
  const stepObject = event.object('Step')
  if (stepObject === undefined) return 'no_step'
  const step = new Fields(stepObject, stepNames)
  const stepId = step.text('Id')
  if (stepId === undefined) return 'no_step_id'
  const statusText = step.text('Status')
  if (statusText === undefined) return 'no_step_status'

  const status = statuses.get(statusText.toLowerCase())
  const mappings = part(event, 'Mappings', mappingNames)
  const properties = part(event, 'Properties', propertyNames)
  const error = part(event, 'Error', errorNames)
  const azure = part(event, 'Azure', azureNames)
  return {
    id: event.text('Id'),
    time: timeOf(event.value('Time')),
    chainId,
    source: event.text('Source'),
    parentId: event.text('ParentId'),
    stepId,
    stepName: step.text('Name'),
    status: status ?? 'Active',
    unknownStatus: status === undefined ? statusText : undefined,
    stepParentId: step.text('ParentId'),
    domain: mappings?.text('Domain'),
    service: mappings?.text('Service'),
    action: mappings?.text('Action'),
    version: mappings?.text('Version'),
    milestone: properties?.text('Milestone'),
    eventText: properties?.text('EventText'),
    data: properties?.object('Data'),
    errorCode: error?.text('Code'),
    errorDescription: error?.text('Description') ?? error?.text('Message'),
    resourceId: azure?.text('ResourceId'),
    portalLink: azure?.text('PortalLink'),
  }
}

const eventNames: ReadonlySet<string> = new Set([
  'Id',
  'Time',
  'ChainId',
  'Source',
  'ParentId',
  'Step',
  'Mappings',
  'Properties',
  'Error',
  'Azure',
])
const stepNames: ReadonlySet<string> = new Set(['Id', 'Name', 'Status', 'ParentId'])
const mappingNames: ReadonlySet<string> = new Set(['Domain', 'Service', 'Action', 'Version'])
const propertyNames: ReadonlySet<string> = new Set(['Milestone', 'EventText', 'Data'])
const errorNames: ReadonlySet<string> = new Set(['Code', 'Description', 'Message'])
const azureNames: ReadonlySet<string> = new Set(['ResourceId', 'PortalLink'])

const statuses: ReadonlyMap<string, Status> = new Map([
  ['started', 'Started'],
  ['active', 'Active'],
  ['cancelled', 'Cancelled'],
  ['canceled', 'Cancelled'],
  ['completed', 'Completed'],
  ['failed', 'Failed'],
])

function part(event: Fields, name: string, names: ReadonlySet<string>): Fields | undefined {
  const object = event.object(name)
  return object && new Fields(object, names)
}

/** A number stays one, because epoch numbers are read by other rules than texts. */
function timeOf(value: JsonValue | undefined): string | number | WrittenNumber | undefined {
  return typeof value === 'number' || value instanceof WrittenNumber ? value : presentText(value)
}
