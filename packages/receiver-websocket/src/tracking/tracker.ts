import type { Attributes, AttributeValue, Clock, Logger, SpanInit, SpanLinkInit } from '@spanloom/core'

import { headerValueOf } from '../identity/header-value.ts'
import { parentSpanIdOf, SpanId } from '../identity/span-id.ts'
import { deriveTraceId, type RandomHex } from '../identity/trace-id.ts'
import { parseTraceParent } from '../identity/traceparent.ts'
import type { Verdict } from '../identity/verdict.ts'
import type { CommandMessage } from '../message/reading.ts'
import type { WireProfile } from '../message/wire-profile.ts'
import { type CommandEnd, commandStart, shortened } from '../spans/command-span.ts'
import { CommandTable } from './command-table.ts'
import { type Command, logFieldsOf, type Origin } from './command.ts'
import { Deadlines } from './deadlines.ts'
import type { Metrics } from './metrics.ts'
import { toNanos, type WallTime } from './wall-time.ts'

/** Settings of the tracking; times in milliseconds. */
export interface TrackerSettings {
  readonly responseTimeoutMs: number
  readonly lateWindowMs: number
  /** Commands, open and late, that are kept at most. */
  readonly maxPending: number
  readonly oneWayOperations: ReadonlySet<string>
  /** Whether commands without an answer have a course of their own; otherwise they end as they begin. */
  readonly followsOneWay: boolean
  /** Operations that names of spans tell apart; empty for all. */
  readonly operations: ReadonlySet<string>
  readonly parent: 'when_valid' | 'never'
  readonly recordTimeline: boolean
  readonly messageSize: boolean
  /** Also tells of a command when it begins. */
  readonly startFragments: boolean
  readonly logCommands: boolean
}

/** What a tracker works with. */
export interface TrackerOptions {
  readonly settings: TrackerSettings
  readonly profile: WireProfile
  readonly emit: (span: SpanInit) => void
  /** Tells of a command that has ended. */
  readonly emitCommand: (command: Command, end: CommandEnd) => void
  readonly metrics: Metrics
  readonly logger: Logger
  readonly clock: Clock
  readonly time: WallTime
  readonly random: RandomHex
}

const noAttributes: Attributes = Object.freeze({})
const noLinks: readonly SpanLinkInit[] = []

/**
 * Knows every command from its arrival to its answer: makes its ids, gives it up in time and tells its span, exactly
 * one for each delivery. Knows no sockets.
 */
export class Tracker {
  readonly table: CommandTable = new CommandTable()
  readonly #options: TrackerOptions
  readonly #labels: ReadonlySet<string>
  readonly #openDeadlines: Deadlines
  readonly #lateDeadlines: Deadlines
  readonly #untracked = new Set<Command>()
  #active = 0

  constructor(options: TrackerOptions) {
    const { clock, settings, profile } = options
    this.#options = options
    this.#labels = settings.operations.size > 0 ? settings.operations : new Set(profile.operations)
    this.#openDeadlines = new Deadlines(this.table.open, clock, (command) => this.#expire(command))
    this.#lateDeadlines = new Deadlines(this.table.late, clock, (command) => this.table.remove(command))
  }

  /** Commands whose span has not left. */
  get active(): number {
    return this.#active
  }

  /** Takes a command that arrived at `at`. It is found by answers from now on. */
  begin(message: CommandMessage, origin: Origin, at: number): Command {
    const { settings, profile, metrics, clock } = this.#options
    const { requestId, operation } = message
    const oneWay = isOneWay(message, profile, settings)
    const instant = oneWay && !settings.followsOneWay
    const known =
      requestId === undefined || instant ? undefined : this.table.firstOpen(origin.scope, requestId)
    const deliveryCount = known === undefined ? 1 : known.count + 1
    if (known !== undefined) metrics.duplicate()
    const ids = this.#idsOf(message)
    const label = this.#labels.has(operation) ? operation : '_other'
    const command: Command = {
      origin,
      operation,
      operationName: settings.operations.size > 0 ? label : operation,
      operationLabel: label,
      requestId,
      verbatimTraceId: message.traceId,
      verbatimSpanId: message.spanId,
      traceId: ids.traceId,
      derivation: ids.derivation,
      parentSpanId: ids.parentSpanId,
      traceState: ids.traceState,
      spanId: SpanId.of(requestId ?? ids.traceId, origin.scope, at, deliveryCount),
      oneWay,
      size: message.size,
      deliveryCount,
      links: linksOf(origin, known?.first),
      attributes: this.#attributesOf(message),
      receivedAt: at,
      state: 'open',
      deadline: instant ? 0 : clock.monotonic() + settings.responseTimeoutMs,
      told: false,
      claimed: false,
      forwarding: false,
      answeredAt: undefined,
      failure: undefined,
      verdict: undefined,
      items: 0,
      queueMs: 0,
      exchanges: 0,
      timeline: undefined,
      list: undefined,
      previous: undefined,
      next: undefined,
    }
    metrics.received(label)
    for (const warning of message.warnings) metrics.warning(warning)
    if (instant) {
      command.state = 'ended'
      command.told = true
      this.#options.emitCommand(command, { at })
    } else {
      this.#active++
      this.#register(command)
      if (settings.startFragments) this.#options.emit(commandStart(command))
    }
    if (settings.logCommands) this.#options.logger.info('Command received.', logFieldsOf(command))
    return command
  }

  /** Ends a command and tells its span. `late` keeps it to be found by an answer that still comes. */
  end(command: Command, end: CommandEnd, late = false): void {
    if (command.told) {
      if (!late) this.forget(command)
      return
    }
    command.told = true
    this.#active--
    this.#tell(command, end)
    if (this.#untracked.delete(command)) return
    if (late) {
      this.table.keepLate(command)
      command.deadline = this.#options.clock.monotonic() + this.#options.settings.lateWindowMs
      this.#lateDeadlines.watch(command)
    } else this.table.remove(command)
  }

  /** Ends what is open of a connection that is gone. */
  endScope(scope: string, end: CommandEnd): void {
    for (const command of this.table.open.all()) if (command.origin.scope === scope) this.end(command, end)
  }

  /** Drops a command that has been told of already. */
  forget(command: Command): void {
    if (command.state !== 'untracked') this.table.remove(command)
  }

  /** Counts and notes what became of the trace id of a command's answer. */
  judged(command: Command | undefined, verdict: Verdict): void {
    this.#options.metrics.verdict(verdict, command?.operationLabel ?? '_other')
  }

  /** Notes a moment of a command's life, where the settings ask for it. */
  note(command: Command, name: string, at: number): void {
    if (!this.#options.settings.recordTimeline || command.told) return
    command.timeline ??= []
    command.timeline.push({ name, time: toNanos(at) })
  }

  /** Ends everything that is open. */
  shutdown(): void {
    this.#openDeadlines.stop()
    this.#lateDeadlines.stop()
    const at = this.#options.time()
    for (const command of [...this.table.open.all(), ...this.#untracked])
      this.end(command, { at, errorType: 'shutdown' })
    for (const command of this.table.late.all()) this.table.remove(command)
  }

  #register(command: Command): void {
    const { table } = this
    if (table.size >= this.#options.settings.maxPending) {
      const oldest = table.late.first
      if (oldest === undefined) {
        command.state = 'untracked'
        this.#untracked.add(command)
        this.#options.metrics.untracked()
        return
      }
      table.remove(oldest)
    }
    table.add(command)
    this.#openDeadlines.watch(command)
  }

  #expire(command: Command): void {
    const { metrics, time } = this.#options
    metrics.unanswered(command.operationLabel)
    this.end(command, { at: time(), errorType: command.failure ?? 'timeout' }, true)
  }

  #tell(command: Command, { at, errorType }: CommandEnd): void {
    const { emitCommand, logger, metrics, settings } = this.#options
    emitCommand(command, errorType === undefined ? { at } : { at, errorType })
    if (at > command.receivedAt) metrics.duration(at - command.receivedAt, command.operationLabel)
    if (errorType !== undefined)
      logger.warn('Command failed.', { ...logFieldsOf(command), 'error.type': errorType })
    else if (settings.logCommands) logger.info('Command answered.', logFieldsOf(command))
  }

  #idsOf({
    traceId,
    spanId,
    traceparent,
    tracestate,
  }: CommandMessage): Pick<Command, 'traceId' | 'derivation' | 'parentSpanId' | 'traceState'> {
    const { random, settings } = this.#options
    const context = parseTraceParent(traceparent)
    const never = settings.parent === 'never'
    if (context !== undefined) {
      const parentSpanId = never ? undefined : context.spanId
      const traceState = headerValueOf(tracestate) ?? ''
      return { traceId: context.traceId, derivation: 'traceparent', parentSpanId, traceState }
    }
    const derived = deriveTraceId(traceId, random)
    const parentSpanId = never ? undefined : parentSpanIdOf(spanId, derived.derivation)
    return { traceId: derived.traceId, derivation: derived.derivation, parentSpanId, traceState: '' }
  }

  #attributesOf(message: CommandMessage): Attributes {
    const { profile, settings } = this.#options
    if (profile.attributes.length === 0 && !settings.messageSize && !profile.opaque) return noAttributes
    const attributes: Record<string, AttributeValue> = {}
    if (settings.messageSize || profile.opaque) attributes['messaging.message.body.size'] = message.size
    for (const [index, [name]] of profile.attributes.entries()) {
      const value = message.attributes[index]
      if (typeof value === 'string') attributes[name] = shortened(value)
      else if (typeof value === 'number' || typeof value === 'boolean') attributes[name] = value
    }
    return attributes
  }
}

function isOneWay(message: CommandMessage, profile: WireProfile, settings: TrackerSettings): boolean {
  if (profile.reply === 'none' || settings.oneWayOperations.has(message.operation)) return true
  return profile.notifications && message.requestId === undefined
}

function linksOf(origin: Origin, first: Command | undefined): readonly SpanLinkInit[] {
  if (first === undefined) return origin.link === undefined ? noLinks : [origin.link]
  const redelivery: SpanLinkInit = {
    traceId: first.traceId,
    spanId: first.spanId.text,
    attributes: { 'spanloom.link.origin': 'redelivery' },
  }
  return origin.link === undefined ? [redelivery] : [redelivery, origin.link]
}
