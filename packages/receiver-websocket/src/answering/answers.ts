import type { IncomingMessage } from 'node:http'

import type { AttributeValue, Logger } from '@spanloom/core'

import { valuesOf } from '../http/end-to-end-headers.ts'
import type { UrlTemplate } from '../http/path-template.ts'
import { unpacked } from '../http/read-body.ts'
import { SpanId } from '../identity/span-id.ts'
import { randomId, type RandomHex } from '../identity/trace-id.ts'
import { isViolation, judge, type Verdict } from '../identity/verdict.ts'
import type { Pointer } from '../message/json-pointer.ts'
import type { WireProfile } from '../message/wire-profile.ts'
import { type ExchangeOwner, nextExchange } from '../spans/exchange-span.ts'
import { type Command, logFieldsOf } from '../tracking/command.ts'
import type { Metrics } from '../tracking/metrics.ts'
import type { Tenants } from '../tracking/tenants.ts'
import type { Tracker } from '../tracking/tracker.ts'
import { idInBody, valueInBody } from './body-id.ts'

/** An answer on its way back, as far as it is known before it is passed on. */
export interface Answer {
  readonly command: Command | undefined
  /** The command had ended before. */
  readonly late: boolean
  /** Another answer to the same command is under way or was taken. */
  readonly again: boolean
  readonly verdict: Verdict
  /** Values of the header as they came. */
  readonly values: readonly string[]
  /** The path with its operation left open, or as it is. */
  readonly template: string
  readonly owner: ExchangeOwner
}

/** What finds the command of an answer. */
export interface AnswersOptions {
  readonly tracker: Tracker
  readonly profile: WireProfile
  /** `undefined` where answers do not come over HTTP. */
  readonly template: UrlTemplate | undefined
  readonly uncorrelatedPaths: ReadonlySet<string>
  /** Header that names the tenant, in lower case; '' for none. */
  readonly tenantHeader: string
  /** Where there is but one, it is the tenant of a callback that names none or an unknown one. */
  readonly tenants: Tenants
  readonly errorPointer: Pointer | undefined
  readonly metrics: Metrics
  readonly logger: Logger
  readonly random: RandomHex
}

/** Bodies above this size are matched by their header if possible. */
const headerFirstBytes = 1_048_576
/** Bodies are looked into up to this size. */
const deepestLookBytes = 16_777_216

/** Matches answers over HTTP with their commands and judges them (`websocket.md` sections 4 and 7). */
export class Answers {
  readonly #options: AnswersOptions

  constructor(options: AnswersOptions) {
    this.#options = options
  }

  /** Finds the command of a callback; claims it unless it has ended. */
  async find(request: IncomingMessage, body: Buffer): Promise<Answer> {
    const { template, profile, tracker, uncorrelatedPaths } = this.#options
    const path = pathOf(request.url)
    const values = valuesOf(request.rawHeaders, profile.responseHeader)
    const shown = template?.covers(path) === true && !uncorrelatedPaths.has(path) ? template.path : path
    const command = uncorrelatedPaths.has(path) ? undefined : await this.#match(request, body, path, values)
    if (command === undefined) {
      const verdict = 'uncorrelated'
      if (!uncorrelatedPaths.has(path)) this.#options.metrics.verdict(verdict, '_other')
      return { command, late: false, again: false, verdict, values, template: shown, owner: this.#stranger() }
    }
    const late = command.state === 'late'
    const again = command.claimed
    command.claimed = true
    const verdict = judge(command.verbatimTraceId, values, (text) => tracker.table.isOther(command, text))
    return { command, late, again, verdict, values, template: shown, owner: nextExchange(command) }
  }

  /** What a callback that was relayed says about the command: attributes of its span. */
  attributesOf(answer: Answer): Record<string, AttributeValue> {
    const { command, late } = answer
    if (command === undefined || !late || command.oneWay) return {}
    this.#options.metrics.late()
    return { 'spanloom.callback.late': true }
  }

  /** Says that the contract was broken, with what came and what should have come. */
  complain(command: Command, verdict: Verdict, values: readonly string[]): void {
    if (!isViolation(verdict)) return
    const received = values.map((value) => value.slice(0, 128))
    this.#options.logger.warn('The trace id did not come back unchanged.', {
      ...logFieldsOf(command),
      verdict,
      received,
    })
  }

  /** `error.type` of a business error inside an answer that was delivered, if the settings say where it stands. */
  businessError(body: Buffer): string | undefined {
    const { errorPointer } = this.#options
    if (errorPointer === undefined) return undefined
    const value = valueInBody(body, errorPointer)
    if (typeof value === 'string' && value !== '') return value.slice(0, 64)
    return typeof value === 'number' && value !== 0 ? String(value) : value === true ? 'error' : undefined
  }

  async #match(
    request: IncomingMessage,
    body: Buffer,
    path: string,
    values: readonly string[],
  ): Promise<Command | undefined> {
    const { template, tracker, profile } = this.#options
    const scope = this.#tenantOf(request)
    if (scope === undefined) return undefined
    const operation = template?.match(path)
    const [traceId] = values
    if (body.length > headerFirstBytes) {
      const found = tracker.table.match({ scope, requestId: undefined, operation, traceId })
      if (found !== undefined) return found
    }
    const { requestId: pointer } = profile.fields
    const text = await unpacked(body, request.headers['content-encoding'], deepestLookBytes)
    const requestId = pointer === undefined || text === undefined ? undefined : idInBody(text, pointer)
    return tracker.table.match({ scope, requestId, operation, traceId })
  }

  #tenantOf(request: IncomingMessage): string | undefined {
    const { tenantHeader, tenants } = this.#options
    const [named] = tenantHeader === '' ? [] : valuesOf(request.rawHeaders, tenantHeader)
    return named !== undefined && tenants.has(named) ? named : tenants.only()
  }

  /** Ids for an exchange that belongs to no command. */
  #stranger(): ExchangeOwner {
    const traceId = randomId(16, this.#options.random)
    return { traceId, spanId: SpanId.of(traceId).text }
  }
}

/** The path of a request target, without its query. */
export function pathOf(target: string | undefined): string {
  const end = (target ?? '/').search(/[?#]/)
  return end < 0 ? (target ?? '/') : (target ?? '/').slice(0, end)
}
