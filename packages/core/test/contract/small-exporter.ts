import type { ExporterFactory } from '../../src/component/define.ts'
import type { ExporterOptions } from '../../src/component/options.ts'
import { defineExporter } from '../../src/delivery/define-exporter.ts'
import type { ExporterSender, SendContext } from '../../src/delivery/sender.ts'
import { PermanentError, RetryableError } from '../../src/errors/errors.ts'
import type { Destination, Treatment } from '../../src/testing/index.ts'
import type { Span } from '../../src/traces/span.ts'
import { Traces } from '../../src/traces/traces.ts'

const schema = {
  type: 'object',
  properties: {
    room: { type: 'string' },
    password: { type: 'string', secret: true },
  },
  required: ['room'],
} as const

type Config = { readonly room: string; readonly password?: string | undefined }

/** Destinations by name: what a network would be. */
const rooms = new Map<string, Room>()

/** Something that takes requests as it is told. */
export class Room implements Destination {
  readonly config: { readonly room: string }
  readonly #spans: Span[] = []
  #decide: () => Treatment = () => 'take'

  constructor() {
    this.config = { room: `room ${rooms.size}` }
    rooms.set(this.config.room, this)
  }

  spans(): readonly Span[] {
    return this.#spans
  }

  readonly treat = (decide: () => Treatment): void => {
    this.#decide = decide
  }

  close(): Promise<void> {
    rooms.delete(this.config.room)
    return Promise.resolve()
  }

  async take(body: Uint8Array, signal: AbortSignal): Promise<void> {
    const treatment = this.#decide()
    if (treatment === 'take') this.#spans.push(...Traces.fromProtobuf(body).spans())
    if (treatment === 'busy') throw new RetryableError('BUSY', 'Not now.')
    if (treatment === 'refuse') throw new PermanentError('REFUSED', 'Never.')
    if (treatment === 'hang')
      await new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new RetryableError('TIMEOUT', 'No answer.'))),
      )
  }
}

/** A small sender that is right in every respect. */
export class RoomSender implements ExporterSender {
  protected readonly options: ExporterOptions<Config>

  constructor(options: ExporterOptions<Config>) {
    this.options = options
  }

  encode(traces: Traces): Uint8Array {
    return traces.toProtobuf()
  }

  get room(): Room {
    const room = rooms.get(this.options.config.room)
    if (room === undefined) throw new RetryableError('NO_ROOM', 'There is no such room.')
    return room
  }

  async send(body: Uint8Array, { signal }: Pick<SendContext, 'signal'>): Promise<void> {
    await this.room.take(body, signal)
  }
}

/** A factory for a sender class. */
export function roomFactory(
  Sender: new (options: ExporterOptions<Config>) => ExporterSender,
): ExporterFactory {
  return defineExporter({
    type: 'room',
    stability: 'development',
    schema,
    delivery: {},
    create: (options) => new Sender(options),
  })
}
