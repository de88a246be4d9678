import {
  type Clock,
  type ComponentTelemetry,
  isPermanent,
  messageOf,
  retryAfterMs,
  type SpanInit,
  Resource,
  Scope,
  type Timer,
  Traces,
  TracesBuilder,
  type TracesBuilderDefaults,
  type TracesConsumer,
  varintLength,
  WireWriter,
} from '@spanloom/core'

import type { Command } from '../tracking/command.ts'
import { type CommandEnd, commandSpan } from './command-span.ts'
import { Stencils } from './stencils.ts'

/** What an outlet needs. */
export interface OutletOptions extends TracesBuilderDefaults {
  readonly next: TracesConsumer
  readonly telemetry: ComponentTelemetry
  readonly clock: Clock
  /** Spans that may wait while the pipeline refuses them; the rest is dropped and counted. */
  readonly maxWaiting: number
}

const firstWaitMs = 1_000
const longestWaitMs = 30_000
const mostSpans = 8_192
const resourceTag = 0x0a
const scopeTag = 0x0a
const groupTag = 0x0a
const scopeSpansTag = 0x12

/**
 * Hands spans on without ever holding up the traffic that they tell of. While a batch is under way, further spans
 * gather in the next one; what the pipeline refuses for now is sent again.
 */
export class Outlet {
  readonly #options: OutletOptions
  readonly #giveUp = new AbortController()
  readonly #resource: Resource
  readonly #scope: Scope
  readonly #stencils = new Stencils()
  #writer: WireWriter | undefined
  /** Spans in the writer. */
  #written = 0
  #builder: TracesBuilder
  #sending: Traces | undefined
  #ready: Traces[] = []
  #waiting = 0
  #due = false
  #refusing = false
  #closing = false
  #wake: (() => void) | undefined
  #idle: (() => void) | undefined

  constructor(options: OutletOptions) {
    this.#options = options
    const { resource = Resource.empty, scope = Scope.empty } = options
    this.#resource = resource instanceof Resource ? resource : Resource.of(resource)
    this.#scope = scope
    this.#builder = new TracesBuilder({ resource: this.#resource, scope })
  }

  /** Spans that are not handed on yet. */
  get waiting(): number {
    return this.#waiting
  }

  add(span: SpanInit): void {
    if (!this.#hasRoom()) return
    this.#builder.add(span)
    if (this.#builder.spanCount >= mostSpans) this.#ready.push(this.#builder.build())
    this.#schedule()
  }

  /** Adds the span of a command that has ended. */
  addCommand(command: Command, end: CommandEnd): void {
    const writer = (this.#writer ??= new WireWriter())
    const { position } = writer
    if (!this.#stencils.write(writer, command, end)) return this.add(commandSpan(command, end))
    if (!this.#hasRoom()) {
      writer.position = position
      return
    }
    if (++this.#written >= mostSpans) this.#takeWritten()
    this.#schedule()
  }

  #hasRoom(): boolean {
    const { aborted } = this.#giveUp.signal
    const full = this.#waiting >= this.#options.maxWaiting
    if (full || aborted) this.#options.telemetry.accounting.dropped(1, aborted ? 'shutdown' : 'buffer_full')
    else this.#waiting++
    return !full && !aborted
  }

  #schedule(): void {
    if (this.#due || this.#sending !== undefined) return
    this.#due = true
    // What comes in one turn of the event loop goes in one batch.
    setImmediate(() => {
      this.#due = false
      void this.#run()
    })
  }

  /** Hands on what is left, until `signal` aborts. */
  async close(signal: AbortSignal): Promise<void> {
    this.#closing = true
    const stop = (): void => {
      this.#giveUp.abort(new Error('The receiver is shut down.'))
      this.#wake?.()
      this.#idle?.()
    }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    this.#wake?.()
    void this.#run()
    if (this.#sending !== undefined && !signal.aborted)
      await new Promise<void>((resolve) => (this.#idle = resolve))
    signal.removeEventListener('abort', stop)
    this.#giveUp.abort(new Error('The receiver is shut down.'))
    // What is under way may still be taken; it is counted when its outcome is known.
    this.#drop(this.#waiting - (this.#sending?.spanCount ?? 0), 'shutdown')
    this.#ready = []
    this.#builder.build()
    this.#writer?.release()
    this.#writer = undefined
    this.#written = 0
  }

  async #run(): Promise<void> {
    if (this.#sending !== undefined) return
    for (let batch = this.#take(); batch !== undefined; batch = this.#take()) {
      this.#sending = batch
      await this.#handOver(batch)
      this.#sending = undefined
      if (this.#giveUp.signal.aborted) break
    }
    this.#idle?.()
  }

  /** Makes a batch of the spans that were written one by one. */
  #takeWritten(): void {
    const writer = this.#writer
    if (writer === undefined || this.#written === 0) return
    const bytes = framed(this.#resource, this.#scope, writer.buffer, writer.position)
    this.#ready.push(Traces.trusted(bytes, this.#written))
    writer.release()
    this.#writer = undefined
    this.#written = 0
  }

  #take(): Traces | undefined {
    this.#takeWritten()
    if (this.#ready.length === 0 && this.#builder.spanCount > 0) this.#ready.push(this.#builder.build())
    return this.#ready.shift()
  }

  async #handOver(batch: Traces): Promise<void> {
    const { next } = this.#options
    for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
      try {
        await next.consumeTraces(batch, { signal: this.#giveUp.signal, transport: 'websocket' })
        this.#waiting -= batch.spanCount
        this.#accepted()
        return
      } catch (error) {
        if (isPermanent(error)) {
          this.#options.telemetry.logger.error('Spans were refused for good.', {
            error,
            spans: batch.spanCount,
          })
          this.#drop(batch.spanCount, 'refused')
          this.#accepted()
          return
        }
        if (this.#giveUp.signal.aborted) {
          this.#drop(batch.spanCount, 'shutdown')
          return
        }
        this.#refused(error)
        await this.#pause(this.#closing ? Math.min(waitMs, 100) : Math.max(waitMs, retryAfterMs(error) ?? 0))
      }
    }
  }

  #drop(count: number, reason: string): void {
    if (count <= 0) return
    this.#waiting -= count
    this.#options.telemetry.accounting.dropped(count, reason)
  }

  #refused(error: unknown): void {
    if (this.#refusing) return
    this.#refusing = true
    const { logger, status } = this.#options.telemetry
    logger.warn('The pipeline refuses spans; they wait, and traffic goes on.', { error })
    status.recoverableError(error instanceof Error ? error : new Error(messageOf(error)))
  }

  #accepted(): void {
    if (!this.#refusing) return
    this.#refusing = false
    this.#options.telemetry.status.ok()
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      let timer: Timer | undefined
      const done = (): void => {
        timer?.cancel()
        this.#wake = undefined
        resolve()
      }
      timer = this.#options.clock.schedule(ms, done)
      this.#wake = done
      if (this.#giveUp.signal.aborted) done()
    })
  }
}

/** `TracesData` of one resource and one scope around the first `length` bytes of `spans`, which have their tags. */
function framed(resource: Resource, scope: Scope, spans: Buffer, length: number): Buffer {
  const inner = framedLength(scope.bytes.length) + length
  const outer = framedLength(resource.bytes.length) + framedLength(inner)
  const writer = new WireWriter()
  writer.byte(groupTag)
  writer.varint(outer)
  writer.byte(resourceTag)
  writer.lengthAndBytes(resource.bytes)
  writer.byte(scopeSpansTag)
  writer.varint(inner)
  writer.byte(scopeTag)
  writer.lengthAndBytes(scope.bytes)
  const head = writer.take()
  writer.release()
  const bytes = Buffer.allocUnsafeSlow(head.length + length)
  bytes.set(head)
  spans.copy(bytes, head.length, 0, length)
  return bytes
}

/** With a tag of one byte. */
const framedLength = (length: number): number => 1 + varintLength(length) + length
