import type { Logger } from '@spanloom/core'

import { type Answers } from '../answering/answers.ts'
import { settleAnswer } from '../answering/settle.ts'
import type { LinkResponse } from '../http/http-link.ts'
import type { CommandMessage } from '../message/reading.ts'
import { type Command, logFieldsOf } from '../tracking/command.ts'
import type { Metrics } from '../tracking/metrics.ts'
import type { Tracker } from '../tracking/tracker.ts'
import type { WallTime } from '../tracking/wall-time.ts'
import { deliver, type DeliveryOptions } from './deliver.ts'
import { forward, type ForwardOptions } from './forward.ts'
import { Lanes } from './lanes.ts'

/** Sends an answer over the socket that the command came from; false if that is gone. */
export type AnswerOverSocket = (body: Buffer) => boolean

/** What a bridge is made of. */
export interface BridgeOptions {
  readonly tracker: Tracker
  readonly answers: Answers
  readonly metrics: Metrics
  readonly logger: Logger
  readonly time: WallTime
  readonly forward: ForwardOptions
  /** Absent where answers go over the socket. */
  readonly delivery: DeliveryOptions | undefined
  readonly limits: { readonly maxInFlight: number; readonly maxQueue: number; readonly maxHeldBytes: number }
  readonly onDuplicate: 'forward' | 'drop'
  /** Origins that such a URL may have. */
  readonly allowedOrigins: ReadonlySet<string>
}

/** Takes commands to the local API and its answers back to where the commands came from (`websocket.md` section 6.1). */
export class Bridge {
  readonly #options: BridgeOptions
  readonly #lanes: Lanes
  /** Bytes of answers that wait to be delivered. */
  #heldBytes = 0
  #delivering = 0
  #idle: (() => void) | undefined

  constructor(options: BridgeOptions) {
    this.#options = options
    const { maxHeldBytes } = options.limits
    this.#lanes = new Lanes({ ...options.limits, held: () => this.#heldBytes > maxHeldBytes })
  }

  /** Commands that wait for a lane. */
  get queued(): number {
    return this.#lanes.waiting
  }

  /** A command arrived. It is registered already, because its answer may come before the local API's own. */
  take(command: Command, message: CommandMessage, body: Buffer, overSocket: AnswerOverSocket): void {
    const { onDuplicate, metrics, tracker, time } = this.#options
    if (command.deliveryCount > 1 && onDuplicate === 'drop') return tracker.end(command, { at: time() })
    command.forwarding = true
    const run = (): Promise<void> => this.#run(command, message, body, overSocket)
    const queued = this.#lanes.add(run, keyOf(message.orderingKey))
    if (queued) return
    metrics.overload()
    tracker.end(command, { at: time(), errorType: 'overload' })
  }

  /** Starts nothing more and resolves when everything that runs has come to its end. */
  async drain(): Promise<void> {
    await this.#lanes.drain()
    if (this.#delivering > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
  }

  async #run(
    command: Command,
    message: CommandMessage,
    body: Buffer,
    overSocket: AnswerOverSocket,
  ): Promise<void> {
    const { tracker, time } = this.#options
    // The other side has given it up while it waited: acting on it could do harm.
    if (command.told) return
    command.queueMs = time() - command.receivedAt
    const outcome = await forward(this.#options.forward, command, body)
    command.forwarding = false
    const { at } = outcome
    if (command.answeredAt !== undefined) {
      const { failure } = command
      return tracker.end(command, failure === undefined ? { at } : { at, errorType: failure })
    }
    if (outcome.kind === 'failed') return this.#fail(command, at, outcome.errorType)
    const { response } = outcome
    const synchronous = response.body.length > 0 && response.status !== 204
    if (command.oneWay) return tracker.end(command, { at }, true)
    if (synchronous) return this.#answer(command, message, response, overSocket)
    if (command.state === 'untracked') tracker.end(command, { at })
  }

  /** An answer that still comes is relayed, because the local API may have acted all the same. */
  #fail(command: Command, at: number, errorType: string): void {
    if (!command.claimed) this.#options.tracker.end(command, { at, errorType }, true)
  }

  #answer(
    command: Command,
    message: CommandMessage,
    response: LinkResponse,
    overSocket: AnswerOverSocket,
  ): void {
    command.claimed = true
    if (this.#options.delivery === undefined) return this.#answerOverSocket(command, response, overSocket)
    const url = this.#urlOf(message)
    if (url === 'refused') {
      this.#options.logger.error('The command names a callback URL of an origin that is not allowed.', {
        ...logFieldsOf(command),
        hint: 'If that is meant, list the origin in callback::allowed_origins.',
      })
      return this.#options.tracker.end(
        command,
        { at: this.#options.time(), errorType: 'callback_url_refused' },
        true,
      )
    }
    void this.#deliver(this.#options.delivery, command, response, url)
  }

  #answerOverSocket(command: Command, { body }: LinkResponse, overSocket: AnswerOverSocket): void {
    const at = this.#options.time()
    const errorType = overSocket(body) ? this.#options.answers.businessError(body) : 'connection_error'
    this.#options.tracker.end(command, errorType === undefined ? { at } : { at, errorType })
  }

  /** Runs beside the lanes: a slow other side must not hold up the local API. */
  async #deliver(
    delivery: DeliveryOptions,
    command: Command,
    response: LinkResponse,
    url: URL | undefined,
  ): Promise<void> {
    const { tracker, answers } = this.#options
    const late = command.state === 'late'
    if (late) this.#options.metrics.late()
    this.#delivering++
    this.#heldBytes += response.body.length
    const outcome = await deliver(delivery, command, response, url)
    this.#heldBytes -= response.body.length
    this.#delivering--
    const { at, failure, verdict } = outcome
    if (failure === undefined) {
      tracker.judged(command, verdict)
      answers.complain(command, verdict, [])
      settleAnswer(tracker, command, { ...outcome, businessError: answers.businessError(response.body) })
    } else tracker.end(command, { at, errorType: failure }, true)
    this.#lanes.pump()
    if (this.#delivering === 0) this.#idle?.()
  }

  #urlOf({ callbackUrl: text }: CommandMessage): URL | undefined | 'refused' {
    const { allowedOrigins } = this.#options
    if (text === undefined || text === null) return undefined
    const url = typeof text === 'string' ? URL.parse(text) : null
    if (url === null || url.username !== '' || url.password !== '') return 'refused'
    return allowedOrigins.has(url.origin) ? url : 'refused'
  }
}

function keyOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}
