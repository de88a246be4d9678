import { type Logger, type LogThrottle, type SpanLinkInit } from '@spanloom/core'

import { parseTraceParent } from '../identity/traceparent.ts'
import { splitFrame } from '../message/framing.ts'
import type { Read } from '../message/reader.ts'
import type { AnswerPart, CommandMessage, ReadError, Side } from '../message/reading.ts'
import type { WireProfile } from '../message/wire-profile.ts'
import type { Command, Origin } from '../tracking/command.ts'
import type { Metrics } from '../tracking/metrics.ts'
import type { Tracker } from '../tracking/tracker.ts'
import type { WallTime } from '../tracking/wall-time.ts'

/** What reads frames. */
export interface IntakeOptions {
  readonly profile: WireProfile
  readonly read: Read
  readonly tracker: Tracker
  readonly metrics: Metrics
  readonly logger: Logger
  readonly throttle: LogThrottle
  readonly time: WallTime
  /** Also logs the beginning of messages that cannot be used. */
  readonly logPayload: boolean
}

/** Hears of a command; `body` are its bytes in the frame. */
export type OnCommand = (command: Command, message: CommandMessage, body: Buffer) => void

const excerptLength = 64

/** Turns frames into commands, parts of answers and ends of commands; counts what it cannot use. */
export class Intake {
  readonly #options: IntakeOptions

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** Takes one frame of one side of a connection. */
  frame(data: Buffer, binary: boolean, side: Side, origin: Origin, onCommand: OnCommand): void {
    const { framing } = this.#options.profile
    if (framing === 'message') return this.#message(data, binary, side, origin, onCommand)
    for (const part of splitFrame(data, framing)) this.#message(part, binary, side, origin, onCommand)
  }

  /** A frame that was refused before anybody could read it. */
  refused(reason: ReadError, origin: Origin): void {
    this.#complain(reason, origin, undefined)
  }

  #message(data: Buffer, binary: boolean, side: Side, origin: Origin, onCommand: OnCommand): void {
    const { read, tracker, time, metrics } = this.#options
    const at = time()
    const reading = read(data, binary, side)
    switch (reading.kind) {
      case 'command':
        return onCommand(tracker.begin(reading, origin, at), reading, data)
      case 'item':
      case 'end':
        return this.#answer(reading, origin, at)
      case 'error':
        return side === 'commands' ? this.#complain(reading.reason, origin, data) : metrics.ignored()
      case 'ignored': {
        metrics.ignored()
        const link = linkTo(reading.connectionTraceparent)
        if (link !== undefined) origin.link = link
      }
    }
  }

  /** An answer over the socket, or a part of one. */
  #answer({ kind, requestId, errorType }: AnswerPart, origin: Origin, at: number): void {
    const { tracker } = this.#options
    const query = { scope: origin.scope, requestId, operation: undefined, traceId: undefined }
    const command = tracker.table.match(query)
    if (command === undefined || command.told) return
    if (kind === 'item') command.items++
    else tracker.end(command, errorType === undefined ? { at } : { at, errorType })
  }

  #complain(reason: ReadError, origin: Origin, data: Buffer | undefined): void {
    const { metrics, logger, throttle, logPayload } = this.#options
    metrics.error(reason)
    const excerpt =
      logPayload && data !== undefined ? { excerpt: data.toString('utf8', 0, excerptLength) } : {}
    const fields = { reason, connection: origin.connection, bytes: data?.length }
    if (reason !== 'too_large') return logger.debug('A message could not be used.', { ...fields, ...excerpt })
    throttle.run(1, (suppressed) =>
      logger.warn('A message was too large; the connection was closed.', { ...fields, ...suppressed }),
    )
  }
}

function linkTo(traceparent: string | undefined): SpanLinkInit | undefined {
  const context = parseTraceParent(traceparent)
  if (context === undefined) return undefined
  const { traceId, spanId } = context
  return { traceId, spanId, attributes: { 'spanloom.link.origin': 'connection' } }
}
