import type { Clock } from '../clock/clock.ts'
import type { Host } from '../component/component.ts'
import type { ConfigOf } from '../schema/schema.ts'
import type { OwnerStorage, QueueRecord } from '../storage/storage.ts'
import type { ComponentTelemetry } from '../telemetry/component-telemetry.ts'
import { DeadLetters } from './dead-letters.ts'
import { findStorage } from './find-storage.ts'
import { decodeAttributes, encodeAttributes } from './record-attributes.ts'
import type { Metadata } from './sender.ts'
import { deadLetterSettings } from './settings.ts'

/** The section `dead_letters` of a receiver: input that can never be used is kept for people to look at. */
export const keptInputSettings = {
  type: 'object',
  section: 'bare',
  description:
    'Keeps input that can never be used, each with its reason, for `spanloom queue` to show, export and retry. Without it such input is counted, logged and dropped.',
  properties: {
    storage: {
      type: 'string',
      reference: 'extension',
      role: 'storage',
      description: 'Storage extension that keeps it.',
    },
    max_requests: deadLetterSettings.properties
      .max_requests as typeof deadLetterSettings.properties.max_requests,
    max_age: deadLetterSettings.properties.max_age as typeof deadLetterSettings.properties.max_age,
  },
  required: ['storage'],
  additionalProperties: false,
} as const

/** The parsed section `dead_letters` of a receiver. */
export type KeptInputConfig = NonNullable<ConfigOf<typeof keptInputSettings>>

/** Input that could not be used. */
export interface UnusableInput {
  /** As it came. */
  readonly body: Uint8Array
  /** What the body is, such as `application/json`; `spanloom queue` shows traces of OTLP. */
  readonly format: string
  /** A short word, as in metrics, and what it means for this input; never the content. */
  readonly reason: string
  /** Where it came from, and what is needed to try it again. */
  readonly origin?: Metadata
}

/** Input that somebody wants to be tried again. */
export interface RevivedInput {
  readonly body: Uint8Array
  readonly format: string | undefined
  readonly origin: Metadata
}

/** What a receiver's dead letters are made with. */
export interface KeptInputOptions {
  /** Id of the receiver. */
  readonly id: string
  /** Absent: nothing is kept. */
  readonly config: KeptInputConfig | undefined
  readonly telemetry: ComponentTelemetry
  readonly clock: Clock
}

const pageLength = 100

/** The dead letters of a receiver, in a file of their own. All calls are harmless where none are configured. */
export class KeptInput {
  readonly #options: KeptInputOptions
  #storage: OwnerStorage | undefined
  #letters: DeadLetters | undefined

  constructor(options: KeptInputOptions) {
    this.#options = options
  }

  /** Whether input is kept at all. */
  get isOn(): boolean {
    return this.#options.config !== undefined
  }

  /**
   * Opens the file and hands what was revived by `spanloom queue retry` to `use`, one after the other.
   * What `use` keeps again is a dead letter again; where it rejects, the entry waits for the next start.
   *
   * @throws StartError when the storage is missing or cannot be opened.
   */
  async start(host: Host, use: (input: RevivedInput) => Promise<void>): Promise<void> {
    const { id, config, telemetry, clock } = this.#options
    if (config === undefined) return
    const storage = await findStorage(host, config.storage).open({
      kind: 'receiver',
      id,
      pipeline: 'dead_letters',
    })
    this.#storage = storage
    const onFault = (error: unknown): void =>
      telemetry.logger.error('The storage of dead letters failed.', { error })
    const found = await storage.queue.stats()
    const letters = { store: storage.queue, settings: config, clock, onFault, onRemoved: () => undefined }
    this.#letters = new DeadLetters(letters, found.dead)
    this.#letters.start()
    if (found.pending > 0) void this.#revive(storage, use).catch(onFault)
  }

  /** Resolves once the input is on disk. Rejects when the storage takes nothing: then the input is still the sender's. */
  async keep(input: UnusableInput): Promise<void> {
    const letters = this.#letters
    if (this.#storage === undefined || letters === undefined) return
    const { body, format, reason, origin } = input
    const attributes = encodeAttributes({ format, metadata: origin })
    const [id] = await this.#storage.queue.append([
      { destination: 0, body, items: 1, ...(attributes === undefined ? {} : { attributes }) },
    ])
    if (id !== undefined) await letters.take(id, new Error(reason), 'permanent_error')
  }

  /** Closes the file. */
  async shutdown(): Promise<void> {
    const storage = this.#storage
    this.#storage = undefined
    await this.#letters?.stop()
    await storage?.close()
  }

  async #revive(storage: OwnerStorage, use: (input: RevivedInput) => Promise<void>): Promise<void> {
    // What is kept again meanwhile gets higher ids, so that the end is where it was at the start.
    const last = (await lastPending(storage))?.id ?? 0
    for (let after = 0; after < last;) {
      const page = await storage.queue.pending(after, pageLength)
      for (const record of page) {
        if (record.id > last) return
        await this.#reviveOne(storage, record, use)
        after = record.id
      }
      if (page.length === 0) return
    }
  }

  async #reviveOne(
    { queue }: OwnerStorage,
    record: QueueRecord,
    use: (input: RevivedInput) => Promise<void>,
  ): Promise<void> {
    const body = await queue.body(record.id)
    if (body === undefined) return
    const { format, metadata = new Map() } = decodeAttributes(record.attributes)
    try {
      await use({ body, format, origin: metadata })
      await queue.done([record.id])
    } catch (error) {
      this.#options.telemetry.logger.warn('A dead letter could not be tried again.', { id: record.id, error })
    }
  }
}

async function lastPending({ queue }: OwnerStorage): Promise<QueueRecord | undefined> {
  let last: QueueRecord | undefined
  for (let after = 0; ;) {
    const page = await queue.pending(after, pageLength)
    if (page.length === 0) return last
    last = page.at(-1)
    after = last?.id ?? after
  }
}
