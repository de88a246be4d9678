import {
  type ConsumeContext,
  HttpFault,
  KeptInput,
  type Logger,
  LogThrottle,
  type ReceiverOptions,
  Resource,
  Scope,
  span,
  Traces,
} from '@spanloom/core'
import { EventRegistry, type EventType, payloadFault } from '@spanloom/orchest'

import type { OrchestEvent } from '../translate/event.ts'
import { createTranslate, type Translate } from '../translate/translate.ts'
import { type EventOutcome, type OrchestMetrics, orchestMetrics } from './metrics.ts'
import { type Outcome, RecentEvents } from './recent-events.ts'
import type { OrchestConfig } from './settings.ts'

/** Why an event cannot be used although it is well formed. */
export interface Poison {
  readonly code: 'unknown_event_type' | 'invalid_payload'
  readonly message: string
}

const hourMs = 3_600_000

/** Types whose log lines are remembered; senders can make up any number. */
const maxTypes = 1_000

/** What both channels do with an event once they have read it. */
export class Intake {
  readonly metrics: OrchestMetrics
  readonly logger: Logger
  readonly letters: KeptInput
  readonly #options: ReceiverOptions<OrchestConfig>
  readonly #translate: Translate
  readonly #recent: RecentEvents
  readonly #resource: Resource
  readonly #scope: Scope
  readonly #complaints: LogThrottle
  /** When a type that is of no use was logged last. */
  readonly #complainedOf = new Map<string, number>()
  #registry: EventRegistry

  constructor(options: ReceiverOptions<OrchestConfig>) {
    const { id, config, telemetry, clock } = options
    this.#options = options
    this.metrics = orchestMetrics(id, telemetry)
    this.logger = telemetry.logger
    this.letters = new KeptInput({
      id,
      config:
        config.storage === undefined
          ? undefined
          : { storage: config.storage, max_requests: 1_000, max_age: 7 * 86_400_000 },
      telemetry,
      clock,
    })
    this.#translate = createTranslate({
      idSalt: config.id_salt,
      setOk: config.set_ok,
      includeParameters: config.include_parameters,
      instants: config.instants,
    })
    this.#recent = new RecentEvents(config.duplicate_cache_size, config.duplicate_window, clock)
    this.#resource = Resource.of({ 'service.name': config.service_name })
    this.#scope = Scope.of({ name: 'receiver-orchest', version: options.build.version })
    this.#complaints = new LogThrottle(clock)
    this.#registry = new EventRegistry()
  }

  /** Knows these types from now on. */
  use(registry: EventRegistry): void {
    this.#registry = registry
  }

  /** The type of an event, or why it is of no use. */
  check(type: string, payload: unknown): EventType | Poison {
    const found = this.#registry.find(type)
    if (found === undefined) return { code: 'unknown_event_type', message: this.#unknown(type) }
    const schema = found.kind === 'user' ? found.type.schema : undefined
    const fault = schema === undefined ? undefined : payloadFault(schema, payload)
    if (fault === undefined) return found
    return { code: 'invalid_payload', message: `The payload of ${type} does not fit its schema: ${fault}.` }
  }

  /** Hands on what the event becomes. Resolves once the pipeline has taken it. */
  async take(event: OrchestEvent, type: EventType, context: ConsumeContext): Promise<void> {
    const { fragments, degraded } = this.#translate(event, type)
    const traces = Traces.of(
      fragments.map((init) => span({ ...init, resource: this.#resource, scope: this.#scope })),
    )
    if (traces.spanCount > 0) await this.#options.next.consumeTraces(traces, context)
    this.metrics.fragments(traces.spanCount)
    if (degraded) this.metrics.degraded()
    this.metrics.event(event.source, 'accepted')
  }

  /** As `take`, once for each uuid. */
  async takeOnce(
    event: OrchestEvent,
    type: EventType,
    context: ConsumeContext,
  ): Promise<Outcome<void>['kind']> {
    const { kind } = await this.#recent.once(event.uuid, () => this.take(event, type, context))
    if (kind === 'duplicate') this.metrics.event(event.source, 'duplicate')
    return kind
  }

  /** Keeps what cannot be used, so that its sender stops sending it. */
  async bury(body: Uint8Array, mediaType: string, type: string, poison: Poison): Promise<void> {
    await this.letters.keep({
      body,
      format: mediaType,
      reason: `${poison.code}: ${poison.message}`,
      origin: new Map([['channel', ['webhook']]]),
    })
    this.metrics.event('webhook', 'dead_letter')
    this.#complainOf(type, poison.message)
  }

  /** Refuses a request and counts it. */
  refuse(
    channel: 'webhook' | 'relay',
    outcome: EventOutcome,
    status: number,
    code: string,
    message: string,
  ): HttpFault {
    this.metrics.event(channel, outcome)
    return new HttpFault(status, code, message)
  }

  /** Logs, but not without end. */
  complain(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#complaints.run(1, (suppressed) => this.logger.warn(message, { ...fields, ...suppressed }))
  }

  /** Once for each type and hour (section 3.1). */
  #complainOf(type: string, message: string): void {
    const key = type.slice(0, 150)
    const now = this.#options.clock.monotonic()
    const last = this.#complainedOf.get(key)
    if (last !== undefined && now - last < hourMs) return
    this.#complaints.run(1, (suppressed) => {
      this.logger.warn(message, { kept: this.letters.isOn, ...suppressed })
      if (this.#complainedOf.size >= maxTypes) this.#complainedOf.clear()
      this.#complainedOf.set(key, now)
    })
  }

  #unknown(type: string): string {
    const legal = /^[A-Za-z0-9:_-]+$/.test(type) ? ` "${type.slice(0, 150)}"` : ''
    const near = this.#registry.suggestions(type)
    const hint = near.length === 0 ? '' : ` Known are ${near.join(', ')}.`
    return `The event type${legal} is not known.${hint} Declare types of your own in event_types.`
  }
}
