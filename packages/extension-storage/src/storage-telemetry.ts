import { type Clock, type ComponentTelemetry, LogThrottle } from '@spanloom/core'

import type { Fault } from './database/fault.ts'
import type { OpenedFile } from './database/store-file.ts'

const prefix = 'otelcol_extension_file_storage'
const logIntervalMs = 60_000

/** What can be read about the storage at any time. */
export interface StorageReadings {
  readonly uncommittedBytes: () => number
  /** Size of each open file, by name. */
  readonly fileBytes: () => Promise<ReadonlyMap<string, number>>
}

/** Tells operators about the files: log, status and metrics. */
export class StorageTelemetry {
  readonly #telemetry: ComponentTelemetry
  readonly #attributes: { readonly extension: string }
  readonly #troubled = new Map<string, Fault>()
  readonly #refusals: LogThrottle
  readonly #faults: LogThrottle
  readonly #corrupt: ReturnType<ComponentTelemetry['meter']['createCounter']>
  readonly #refused: ReturnType<ComponentTelemetry['meter']['createCounter']>
  readonly #stops: (() => void)[] = []

  constructor(id: string, telemetry: ComponentTelemetry, clock: Clock) {
    this.#telemetry = telemetry
    this.#attributes = { extension: id }
    this.#refusals = new LogThrottle(clock, logIntervalMs)
    this.#faults = new LogThrottle(clock, logIntervalMs)
    this.#corrupt = telemetry.meter.createCounter(`${prefix}_corrupt_files`, {
      unit: '{file}',
      description: 'Damaged files that were moved aside.',
    })
    this.#refused = telemetry.meter.createCounter(`${prefix}_refused_writes`, {
      unit: '{write}',
      description: 'Writes refused because there was no room.',
    })
  }

  /** Shows readings until `stop`. */
  watch({ uncommittedBytes, fileBytes }: StorageReadings): void {
    const { meter } = this.#telemetry
    const waiting = meter.createObservableGauge(`${prefix}_uncommitted_bytes`, {
      unit: 'By',
      description: 'Bytes on their way to the disk, of all storage extensions.',
    })
    const size = meter.createObservableGauge(`${prefix}_file_bytes`, {
      unit: 'By',
      description: 'Size of a storage file with its log.',
    })
    const readWaiting: Parameters<typeof waiting.addCallback>[0] = (result) =>
      result.observe(uncommittedBytes(), this.#attributes)
    const readSize: Parameters<typeof size.addCallback>[0] = async (result) => {
      for (const [file, bytes] of await fileBytes()) result.observe(bytes, { ...this.#attributes, file })
    }
    waiting.addCallback(readWaiting)
    size.addCallback(readSize)
    this.#stops.push(
      () => waiting.removeCallback(readWaiting),
      () => size.removeCallback(readSize),
    )
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop()
  }

  refused(): void {
    this.#refused.add(1, this.#attributes)
  }

  opened(path: string, { aside, unclean }: OpenedFile): void {
    const { logger, status } = this.#telemetry
    if (unclean) logger.info('A storage file was not closed the last time; it has been checked.', { path })
    if (aside === undefined) return
    const fault: Fault = { kind: 'damaged', message: aside.reason }
    this.#corrupt.add(1, this.#attributes)
    this.#troubled.set(path, fault)
    logger.error('A damaged storage file was moved aside and a new one begun.', {
      path,
      moved_to: aside.path,
      salvaged: aside.salvaged,
      error: errorOf(path, fault),
    })
    status.recoverableError(errorOf(path, fault))
  }

  /** A file got into trouble, or, without `fault`, out of it. */
  changed(path: string, fault: Fault | undefined): void {
    if (fault === undefined) this.#recovered(path)
    else this.#failed(path, fault)
  }

  /** Nobody uses the file any more. */
  closed(path: string): void {
    this.#troubled.delete(path)
  }

  died(cause: Error): void {
    const error = new Error('The storage thread has ended.', { cause })
    this.#telemetry.logger.error('The storage thread has ended; the files are safe.', { error })
    this.#telemetry.status.fatalError(error)
  }

  #failed(path: string, fault: Fault): void {
    const { logger, status } = this.#telemetry
    const error = errorOf(path, fault)
    this.#troubled.set(path, fault)
    status.recoverableError(error)
    if (fault.kind === 'full') {
      this.#refusals.run(1, (suppressed) =>
        logger.warn('The storage refuses data: there is no room.', { path, error, ...suppressed }),
      )
    } else {
      this.#faults.run(1, (suppressed) =>
        logger.error('A storage file does not work.', { path, error, ...suppressed }),
      )
    }
  }

  #recovered(path: string): void {
    const { logger, status } = this.#telemetry
    this.#troubled.delete(path)
    if (this.#troubled.size > 0) return
    status.ok()
    logger.debug('The storage takes data again.', { path })
  }
}

function errorOf(path: string, { message }: Fault): Error {
  return new Error(`Storage file ${path}: ${message}`)
}
