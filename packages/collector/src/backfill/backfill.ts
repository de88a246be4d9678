import { type Clock, createCollector, run, SpanloomError } from '@spanloom/core'
import {
  backfillReceiver,
  type BackfillProgress,
  type BackfillWork,
  beginning,
  type History,
  type Position,
  runBackfill,
  type Scope,
} from '@spanloom/receiver-valuestream/backfill'

import { buildInfo } from '../build-info.ts'
import type { CliContext } from '../cli-context.ts'
import { loadFromFlags } from '../config-flags.ts'
import { delivered, drained, lostSpans } from './delivery.ts'
import { GatheredOutput } from './gathered-output.ts'
import { type OutputFlags, pipelineOf } from './output.ts'
import type { ProgressReport } from './progress.ts'
import { quietComponents } from './quiet-components.ts'
import { writeResumeFile } from './resume-file.ts'

/** One back-fill. */
export interface BackfillJob {
  readonly flags: OutputFlags & { readonly receiver?: string }
  /** Called when the pipeline runs; the signal aborts when it is to stop. */
  readonly historyOf: (signal: AbortSignal) => {
    readonly history: History
    readonly close?: () => Promise<void>
  }
  readonly scope: Scope
  readonly from: Position | undefined
  readonly report: ProgressReport
  readonly clock: Clock
}

/** How often the resume file is brought up to date while one list is read. */
const checkpointMs = 30_000

/**
 * Runs a pipeline until all history has gone through it, and stops it then. Resolves with the exit code: 0 when
 * everything was read and delivered.
 */
export async function backfill(job: BackfillJob, context: CliContext): Promise<number> {
  const { flags, report, clock, scope } = job
  const ids: string[] = []
  const output = new GatheredOutput()
  const finished = new AbortController()
  const outcome: { progress?: BackfillProgress; position?: Position; complete: boolean; error?: unknown } = {
    complete: false,
  }
  const work = async (given: BackfillWork): Promise<void> => {
    try {
      outcome.progress = await read(given)
      await delivered(collector, clock, given.signal, report)
      await output.flush()
      outcome.complete = true
    } catch (error) {
      if (!given.signal.aborted) outcome.error = error
    } finally {
      if (flags.keep === true && outcome.complete) {
        summarize(outcome.progress, true, report)
        report.say('Ctrl-C ends it.')
      }
      // A stop that is under way must not be taken for one that was asked for twice.
      else if (!given.signal.aborted) finished.abort()
    }
  }
  const receiver = backfillReceiver((id) => {
    ids.push(id)
    return (flags.receiver ?? ids[0]) === id ? work : undefined
  })
  const config = await loadFromFlags(pipelineOf(flags), {
    ...context,
    ...quietComponents(context, receiver, output),
  })
  const { stdout, stderr, env } = context
  const collector = await createCollector({
    config,
    build: buildInfo,
    clock,
    streams: { stdout, stderr, env },
  })
  if (flags.receiver === undefined ? ids.length === 0 : !ids.includes(flags.receiver)) {
    await collector.shutdown(AbortSignal.abort())
    throw new SpanloomError(
      'NO_RECEIVER',
      'The configuration has no pipeline with such a valuestream receiver.',
      {
        hint:
          ids.length === 0
            ? 'Add `valuestream` to the receivers of a pipeline.'
            : `There is ${ids.join(', ')}.`,
      },
    )
  }

  async function read({ translate, take, logger, signal }: BackfillWork): Promise<BackfillProgress> {
    const { history, close } = job.historyOf(signal)
    let written = clock.monotonic()
    try {
      return await runBackfill({
        history,
        translate,
        take,
        from: job.from ?? beginning,
        signal,
        onUnreadable: (stream, error) =>
          logger.warn('An item of the history cannot be read.', { stream, error }),
        async reached(position, progress) {
          outcome.progress = progress
          outcome.position = position
          report.page(progress)
          const streamEnds = position.stream === undefined
          if (flags.resume === undefined || (!streamEnds && clock.monotonic() - written < checkpointMs))
            return
          if (await drained(collector, clock, signal)) await writeResumeFile(flags.resume, scope, position)
          else report.say('Not everything is delivered yet, so the resume file stays as it is.')
          written = clock.monotonic()
        },
      })
    } finally {
      await close?.()
    }
  }

  const exitCode = await run({ collector, stop: finished.signal, events: context.events, clock })
  report.end()
  const lost = lostSpans(collector)
  if (lost > 0)
    report.say(`${lost} spans were lost: the destination did not take them. Read this history again.`)
  // A stop in good order has delivered everything that was handed over.
  if (exitCode === 0 && lost === 0 && flags.resume !== undefined && outcome.position !== undefined)
    await writeResumeFile(flags.resume, scope, outcome.position)
  if (outcome.error !== undefined) throw outcome.error
  if (flags.keep !== true || !outcome.complete) summarize(outcome.progress, outcome.complete, report)
  return outcome.complete && lost === 0 ? exitCode : 1
}

function summarize(progress: BackfillProgress | undefined, complete: boolean, report: ProgressReport): void {
  const { items = 0, deliveries = 0, ended = 0, ignored = 0, unreadable = 0 } = progress ?? {}
  const odd = [
    ...(ignored === 0 ? [] : [`${ignored} without meaning`]),
    ...(unreadable === 0 ? [] : [`${unreadable} unreadable`]),
  ]
  report.say(
    `${complete ? 'Done' : 'Interrupted'}: ${items} items read, ${deliveries} events${odd.length === 0 ? '' : ` (${odd.join(', ')})`}, ${ended} operations that ended.`,
  )
  if (!complete) report.say('Run the same command again with --resume to go on where it stopped.')
}
