import { glob } from 'node:fs/promises'

import {
  type Component,
  type Fetching,
  fetchingReceiver,
  type OfflineDelivery,
  type ReceiverOptions,
  type Traces,
} from '@spanloom/core'

import { EventFile, type FileFormat, type Piece } from './event-file.ts'
import type { Intake } from './intake.ts'
import { messagesOf } from './recorded-messages.ts'
import { MessageError } from './translate.ts'

/** Settings of the file intake, parsed. */
export interface FileIntakeConfig {
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  readonly format: FileFormat | 'auto'
  readonly start_at: 'beginning' | 'end'
  readonly follow: boolean
  readonly poll_interval: number
}

/** What the file intake needs. */
export interface FileIntakeOptions extends Pick<ReceiverOptions<unknown>, 'next' | 'telemetry' | 'clock'> {
  readonly config: FileIntakeConfig
  readonly intake: Intake
  readonly linkMessageContext: boolean
  readonly maxBodySize: number
}

/** Reads events from files, once or as they grow. A file can wait: what the pipeline refuses is handed on again. */
export function fileIntake(options: FileIntakeOptions): Component {
  const { config, telemetry } = options
  const fetch = async (fetching: Fetching): Promise<void> => {
    const files = new Map<string, EventFile>()
    for (let first = true; ; first = false) {
      const added = await findFiles(files, options)
      if (first && files.size === 0) {
        telemetry.logger.warn('No file matches the patterns.', { patterns: config.include })
      }
      if (first && config.start_at === 'end') await Promise.all(added.map((file) => file.skip()))
      for (const file of files.values()) await readFile(file, options, fetching)
      if (!config.follow) break
      await fetching.pause(config.poll_interval)
    }
    telemetry.logger.info('All files are read.', { files: files.size })
  }
  return fetchingReceiver(options, fetch, {
    transport: 'file',
    take: (delivery) => takeDocument(delivery, options),
  })
}

/** What stands in a file, out of anybody's hand. */
async function takeDocument(
  { body, signal }: OfflineDelivery,
  { next, clock, ...options }: FileIntakeOptions,
): Promise<void> {
  const modifiedMs = clock.now()
  const text = Buffer.from(body).toString('utf8')
  await takeText({ path: '-', modifiedMs }, { text, line: 1 }, options, (traces) =>
    next.consumeTraces(traces, { transport: 'file', signal }),
  )
}

/** Adds the files that are new, in the order of their names, and gives them. */
async function findFiles(
  files: Map<string, EventFile>,
  { config: { include, exclude, format, follow }, maxBodySize }: FileIntakeOptions,
): Promise<readonly EventFile[]> {
  const paths: string[] = []
  for await (const path of glob([...include], { exclude: [...exclude] })) paths.push(path)
  const added = paths
    .toSorted()
    .filter((path) => !files.has(path))
    .map(
      (path) =>
        new EventFile(path, {
          format: format === 'auto' ? undefined : format,
          maxLineSize: maxBodySize,
          follow,
        }),
    )
  for (const file of added) files.set(file.path, file)
  return added
}

async function readFile(file: EventFile, options: FileIntakeOptions, fetching: Fetching): Promise<void> {
  try {
    for await (const piece of file.read()) await takePiece(file, piece, options, fetching)
  } catch (error) {
    fetching.signal.throwIfAborted()
    options.telemetry.logger.warn('A file cannot be read.', { path: file.path, error })
  }
}

async function takePiece(
  file: EventFile,
  piece: Piece,
  options: FileIntakeOptions,
  { handOver }: Fetching,
): Promise<void> {
  if (piece === 'too_large') {
    options.intake.turnAway(new MessageError('too_large', 'The message is too large.'), { path: file.path })
    return
  }
  await takeText(file, piece, options, (traces) => handOver(traces, { transport: 'file' }))
}

type Written = Pick<EventFile, 'path' | 'modifiedMs'>

async function takeText(
  file: Written,
  piece: Exclude<Piece, 'too_large'>,
  { intake, linkMessageContext }: Pick<FileIntakeOptions, 'intake' | 'linkMessageContext'>,
  handOver: (traces: Traces) => Promise<void>,
): Promise<void> {
  const origin = { path: file.path, line: piece.line }
  for (const { body, enqueuedTime = modifiedTime(file), link } of messagesOf(piece.text)) {
    const message = { body, enqueuedTime, link: linkMessageContext ? link : undefined, origin }
    const translation = intake.translate(message)
    if (translation instanceof MessageError) {
      await intake.giveUp(translation, message)
      continue
    }
    if (translation.traces.spanCount > 0) await handOver(translation.traces)
    await intake.settle(message, translation)
  }
}

/** The same for every reading of the file, so that events without a time do not become others. */
function modifiedTime(file: Written): bigint {
  return BigInt(Math.round(file.modifiedMs)) * 1_000_000n
}
