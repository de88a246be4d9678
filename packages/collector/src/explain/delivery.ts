import { type CollectorConfig, SpanloomError, type UnsignedRequest } from '@spanloom/core'

import type { Outside } from './outside.ts'

/** One payload that is handed in, and how. What is absent is chosen by the configuration. */
export interface Delivery {
  /** Where it comes from, for people: a file, or a place in one. */
  readonly name: string
  readonly body: Uint8Array
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Id of a receiver. Default: the only one that the pipelines use. */
  readonly receiver?: string
  /** Such as `http`, `event_hub`, `file` or `websocket`. */
  readonly transport?: string
  /** Default `POST`. */
  readonly method?: string
  /** Path with query. */
  readonly path?: string
  /** When it comes, in milliseconds since 1970. Default: right after the one before it. */
  readonly at?: number
  /** Adds the headers with which a sender proves itself that knows the secrets of the settings. */
  readonly sign?: boolean
}

/** What the sender was told. */
export interface Answer {
  /** `taken` and `refused` where there is no HTTP. */
  readonly outcome: 'answered' | 'taken' | 'refused' | 'silent'
  readonly status?: number
  readonly body?: string
  /** Why it was refused. */
  readonly reason?: string
}

/** A delivery as it was made. */
export interface Delivered {
  readonly name: string
  readonly receiver: string
  readonly transport: string
  readonly method?: string
  readonly path?: string
  readonly at: number
  readonly answer: Answer
}

/** The receivers that pipelines use, in the order of the file. */
export function usedReceivers(config: CollectorConfig): readonly string[] {
  const used = new Set([...config.service.pipelines.values()].flatMap(({ receivers }) => receivers))
  return [...config.receivers.keys()].filter((id) => used.has(id))
}

/** @throws SpanloomError when the delivery does not say which receiver it is for, and there are several */
export function receiverOf({ receiver }: Delivery, config: CollectorConfig): string {
  const used = usedReceivers(config)
  const list = used.join(', ')
  if (receiver === undefined) {
    const [only] = used
    if (only !== undefined && used.length === 1) return only
    throw new SpanloomError('RECEIVER_UNKNOWN', 'The pipelines have several receivers.', {
      hint: `Say which one with --receiver: ${list}.`,
    })
  }
  if (used.includes(receiver)) return receiver
  throw new SpanloomError('RECEIVER_UNKNOWN', `No pipeline has a receiver "${receiver}".`, {
    hint: `There is ${list}.`,
  })
}

/** @throws SpanloomError when nothing can be handed in to this receiver in this way */
export function transportOf({ transport, path }: Delivery, receiver: string, outside: Outside): string {
  const { transports } = outside
  if (transport !== undefined && transports.includes(transport)) return transport
  const [usual] = path !== undefined && transports.includes('http') ? ['http'] : transports
  if (transport === undefined && usual !== undefined) return usual
  throw new SpanloomError(
    'TRANSPORT_UNKNOWN',
    transport === undefined
      ? `The receiver "${receiver}" takes nothing that could be handed in here.`
      : `The receiver "${receiver}" takes nothing over "${transport}".`,
    {
      hint:
        usual === undefined
          ? 'It has neither an HTTP server nor says how it is tried out offline.'
          : `It takes ${transports.join(', ')}.`,
    },
  )
}

/**
 * The path for an HTTP request that names none: the one that the settings of the receiver have.
 *
 * @throws SpanloomError when there are several
 */
export function pathOf({ path }: Delivery, receiver: string, settings: unknown): string {
  if (path !== undefined) return path.startsWith('/') ? path : `/${path}`
  const paths = [...new Set(pathsIn(settings, 0))]
  const [only = '/'] = paths
  if (paths.length <= 1) return only
  throw new SpanloomError('PATH_UNKNOWN', `The receiver "${receiver}" serves several paths.`, {
    hint: `Say which one with --path: ${paths.join(', ')}.`,
  })
}

const pathNames: ReadonlySet<string> = new Set(['path', 'traces_url_path'])
const deepest = 6

function pathsIn(settings: unknown, depth: number): readonly string[] {
  if (typeof settings !== 'object' || settings === null || depth > deepest) return []
  return Object.entries(settings).flatMap(([name, value]) => {
    if (typeof value === 'string') return pathNames.has(name) && value.startsWith('/') ? [value] : []
    return pathsIn(value, depth + 1)
  })
}

/** The headers of a delivery, with what proves the sender where that is asked for; those that are given win. */
export function signedHeaders(
  { headers, sign }: Delivery,
  request: UnsignedRequest,
  receiver: string,
  config: CollectorConfig,
): Readonly<Record<string, string>> {
  const component = config.receivers.get(receiver)
  if (sign !== true || component?.factory.kind !== 'receiver') return headers
  const own = component.factory.credentials?.(component.config, request) ?? {}
  return { ...lowerCased(requiredHeaders(component.config)), ...lowerCased(own), ...headers }
}

function requiredHeaders(settings: unknown): Readonly<Record<string, string>> {
  if (typeof settings !== 'object' || settings === null) return {}
  const found = Object.entries(settings).map(([name, value]) =>
    name === 'required_headers' ? texts(value) : name === 'http' ? requiredHeaders(value) : {},
  )
  return Object.assign({}, ...found)
}

function texts(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

function lowerCased(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
