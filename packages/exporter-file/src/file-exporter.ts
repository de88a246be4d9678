import {
  type Clock,
  type ComponentTelemetry,
  messageOf,
  RetryableError,
  ShutdownError,
  type Timer,
  type Traces,
} from '@spanloom/core'

import type { RotationSettings } from './backups.ts'
import { encodeMessage, isLines, type MessageFormat } from './message-format.ts'
import { OpenFiles } from './open-files.ts'
import { RotatingFile } from './rotating-file.ts'
import { bySegment } from './segments.ts'

/** Settings of the exporter, parsed. */
export interface FileExporterConfig extends MessageFormat {
  readonly path: string
  readonly append: boolean
  /** Milliseconds; 0 leaves it to the operating system when the file reaches the disk. */
  readonly flush_interval: number
  readonly rotation?: RotationSettings | undefined
  readonly group_by: {
    readonly enabled: boolean
    readonly resource_attribute: string
    readonly max_open_files: number
  }
}

/** Writes each batch as one message; `exportTraces` resolves when the operating system has it, whole. */
export class FileExporter {
  readonly #config: FileExporterConfig
  readonly #telemetry: ComponentTelemetry
  readonly #clock: Clock
  readonly #files: OpenFiles
  #flushTimer: Timer | undefined
  #failing = false
  #stopped = false

  constructor(config: FileExporterConfig, telemetry: ComponentTelemetry, clock: Clock) {
    this.#config = config
    this.#telemetry = telemetry
    this.#clock = clock
    // Files of groups come and go, so that emptying one on opening would lose what this very process wrote.
    const options = { keep: config.append || config.group_by.enabled, lines: isLines(config) }
    const max = config.group_by.enabled ? config.group_by.max_open_files : 1
    this.#files = new OpenFiles(max, (path) => RotatingFile.open(path, options, config.rotation, clock))
  }

  async start(): Promise<void> {
    if (!this.#config.group_by.enabled) await this.#files.open(this.#config.path)
    this.#scheduleFlush()
  }

  async shutdown(): Promise<void> {
    this.#stopped = true
    this.#flushTimer?.cancel()
    await this.#files.close()
  }

  async exportTraces(traces: Traces): Promise<void> {
    if (this.#stopped) throw new ShutdownError()
    try {
      await Promise.all(this.#messages(traces).map(([path, part]) => this.#append(path, part)))
    } catch (error) {
      this.#report(error)
      throw new RetryableError('FILE_WRITE_FAILED', `The file could not be written: ${messageOf(error)}.`, {
        cause: error,
      })
    }
    this.#recover()
  }

  #messages(traces: Traces): readonly (readonly [path: string, part: Traces])[] {
    const { path, group_by: groupBy } = this.#config
    if (!groupBy.enabled) return [[path, traces]]
    const groups = bySegment(traces, groupBy.resource_attribute)
    return [...groups].map(([segment, part]) => [path.replace('*', segment), part])
  }

  async #append(path: string, traces: Traces): Promise<void> {
    const message = await encodeMessage(traces, this.#config)
    await this.#files.append(path, message)
  }

  #scheduleFlush(): void {
    if (this.#config.flush_interval === 0 || this.#stopped) return
    this.#flushTimer = this.#clock.schedule(this.#config.flush_interval, () => {
      this.#files
        .sync()
        .catch((error: unknown) => this.#report(error))
        .finally(() => this.#scheduleFlush())
    })
  }

  #report(error: unknown): void {
    if (this.#failing) return
    this.#failing = true
    this.#telemetry.logger.warn('The file cannot be written.', { error })
    this.#telemetry.status.recoverableError(error instanceof Error ? error : new Error(messageOf(error)))
  }

  #recover(): void {
    if (!this.#failing) return
    this.#failing = false
    this.#telemetry.logger.info('The file can be written again.')
    this.#telemetry.status.ok()
  }
}
