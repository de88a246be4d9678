import { messageOf, parseOtlpJson, SpanloomError, type Traces } from '@spanloom/core'

import { isRecord } from '../is-record.ts'
import { linesOf } from '../verbs/lines.ts'
import { plain } from '../verbs/queue-table.ts'

/** Where the admin server of a collector is. */
export interface AdminServer {
  readonly url: URL
  readonly token: string | undefined
}

/** What can be watched, as the admin server lists it. */
export interface WatchablePlace {
  readonly at: string
  readonly sides: readonly string[]
  readonly pipelines: readonly string[]
}

/** One line of a tap. */
export type TapLine =
  | { readonly kind: 'open' }
  | { readonly kind: 'traces'; readonly traces: Traces; readonly line: string }
  | { readonly kind: 'missed'; readonly spans: number; readonly why: string }
  | { readonly kind: 'end'; readonly reason: string; readonly message: string }

/** Longer than any part that the server sends, whose spans come from one batch. */
const longestLine = 268_435_456
const listPatienceMs = 5_000

/** @throws SpanloomError `ADMIN_URL_INVALID` */
export function parseAdminUrl(text: string): URL {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`)
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url
  throw new SpanloomError('ADMIN_URL_INVALID', `"${plain(text)}" is no address of an admin server`, {
    hint: 'It looks like http://localhost:55679.',
  })
}

/** What can be watched. @throws SpanloomError when the server does not answer so */
export async function listPlaces(server: AdminServer): Promise<readonly WatchablePlace[]> {
  const response = await ask(server, '/api/boundaries', AbortSignal.timeout(listPatienceMs))
  const body: unknown = await response.json().catch(() => undefined)
  const places = isRecord(body) && Array.isArray(body['boundaries']) ? body['boundaries'] : undefined
  if (places === undefined) throw foreign(server)
  return places.filter(isRecord).map(({ at, sides, pipelines }) => ({
    at: plain(String(at)),
    sides: namesOf(sides),
    pipelines: namesOf(pipelines),
  }))
}

/**
 * Watches until the server ends it. A signal that aborts ends it, too.
 *
 * @throws SpanloomError when the server refuses, does not answer, or goes away in the middle
 */
export async function* watch(
  server: AdminServer,
  query: URLSearchParams,
  signal: AbortSignal,
): AsyncGenerator<TapLine, void, undefined> {
  let ended = false
  try {
    const { body } = await ask(server, `/api/tap?${query.toString()}`, signal)
    if (body === null) throw foreign(server)
    for await (const line of linesOf(body, longestLine)) {
      const parsed = parseLine(line, server)
      ended ||= parsed.kind === 'end'
      yield parsed
    }
  } catch (error) {
    if (signal.aborted) return
    if (error instanceof SpanloomError) throw error
    throw cutOff(server, error)
  }
  if (!ended && !signal.aborted) throw cutOff(server, undefined)
}

function parseLine(line: Buffer, server: AdminServer): TapLine {
  const text = line.toString()
  if (text.startsWith('{"resourceSpans":')) {
    try {
      return { kind: 'traces', traces: parseOtlpJson(line), line: text }
    } catch (cause) {
      throw foreign(server, cause)
    }
  }
  const value: unknown = parsed(text)
  if (isRecord(value)) {
    const { missed, end } = value
    if (isRecord(missed))
      return { kind: 'missed', spans: Number(missed['spans']), why: String(missed['why']) }
    if (isRecord(end))
      return { kind: 'end', reason: String(end['reason']), message: plain(String(end['message'])) }
    if ('tap' in value) return { kind: 'open' }
  }
  throw foreign(server)
}

async function ask({ url, token }: AdminServer, path: string, signal: AbortSignal): Promise<Response> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  // A redirect would take the token elsewhere.
  const response = await fetch(new URL(path, url), { headers, signal, redirect: 'error' }).catch(
    (error: unknown) => {
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
      throw new SpanloomError('NO_ANSWER', `no answer from ${url.origin}: ${messageOf(cause)}`, {
        cause: error,
        hint: 'Is the collector running, with `admin` among service.extensions? --admin names another address.',
      })
    },
  )
  if (response.ok) return response
  const body: unknown = await response.json().catch(() => undefined)
  const said =
    isRecord(body) && typeof body['error'] === 'string' ? plain(body['error']) : `status ${response.status}`
  throw new SpanloomError('TAP_REFUSED', `${url.origin} answers: ${said}`, hintFor(response.status))
}

function hintFor(status: number): { readonly hint?: string } {
  if (status !== 401) return {}
  return { hint: 'Put the token of the admin extension into a variable and name it with --token-env.' }
}

const foreign = ({ url }: AdminServer, cause?: unknown): SpanloomError =>
  new SpanloomError('ANSWER_FOREIGN', `${url.origin} does not answer like the admin server of a collector`, {
    cause,
  })

const cutOff = ({ url }: AdminServer, cause: unknown): SpanloomError =>
  new SpanloomError('TAP_CUT_OFF', `the connection to ${url.origin} broke off`, { cause })

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function namesOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map((name) => plain(String(name))) : []
}
