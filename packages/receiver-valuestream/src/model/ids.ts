import { hash } from 'node:crypto'

/** The ids of a span in OpenTelemetry. */
export interface SpanIds {
  readonly traceId: string
  readonly spanId: string
}

/** Lower-case hex SHA-256 of the text's UTF-8 bytes. */
export function digest(text: string): string {
  return hash('sha256', text, 'hex')
}

const githubRun = /^vstrace-github-pipeline-.+-(\d+)-(\d+)$/
const githubJob = /^vstrace-github-build-.+-(\d+)$/

/**
 * The ids of the operation that a span id of the form `vstrace-…` names (`valuestream.md` section 6.1). Runs and jobs
 * of GitHub Actions have those of the Collector's `githubreceiver`, which a job can compute for itself.
 */
export function idsOf(reference: string): SpanIds {
  const [, run, attempt] = githubRun.exec(reference) ?? []
  if (run !== undefined && attempt !== undefined) return runIds(run, attempt)
  return { traceId: traceIdOf(`${reference}t`), spanId: operationSpanId(reference) }
}

/** The span id of {@link idsOf} alone, for an operation that is part of the trace of another. */
export function spanIdOfReference(reference: string): string {
  const [, run, attempt] = githubRun.exec(reference) ?? []
  return run !== undefined && attempt !== undefined ? runIds(run, attempt).spanId : operationSpanId(reference)
}

function operationSpanId(reference: string): string {
  const [, job] = githubJob.exec(reference) ?? []
  return job === undefined ? spanIdOf(`${reference}s`) : jobSpanId(job)
}

/** Trace and root span of one attempt of a run (section 8.1). */
export function runIds(run: string, attempt: string): SpanIds {
  return { traceId: traceIdOf(`${run}${attempt}t`), spanId: spanIdOf(`${run}${attempt}s`) }
}

/** Span of a job (section 8.1); its id is what GitHub also calls the check run id. */
export function jobSpanId(job: string): string {
  return spanIdOf(`${job}-j`)
}

/** Span of the time that a job waited for a runner (section 8.1). */
export function jobQueueSpanId(job: string): string {
  return spanIdOf(`${job}-q`)
}

/** Span of a step; of steps with one name every later one is told by the name it got for that (section 8.1). */
export function stepSpanId(job: string, step: string): string {
  return spanIdOf(`${job}-${step}-s`)
}

/** Span of a part of an operation, such as `<span id>/queue` (section 6.1). */
export function partSpanId(name: string): string {
  return spanIdOf(`${name}s`)
}

/** Span id of a later run of the same operation, as the assembler would give it (`assembly.md` section 4). */
export function furtherRunSpanId({ traceId, spanId }: SpanIds, start: bigint): string {
  return spanIdOf(`${traceId}/${spanId}#${start}`, 0)
}

function traceIdOf(text: string): string {
  return nonZero(digest(text), 0, 32)
}

function spanIdOf(text: string, from = 16): string {
  return nonZero(digest(text), from, 16)
}

const zeros = '0'.repeat(64)

/** An id of zeros means none, so that the digits behind it stand in. */
export function nonZero(digits: string, from: number, length: number): string {
  const id = digits.slice(from, from + length)
  if (!zeros.startsWith(id)) return id
  const next = from + length < digits.length ? from + length : 0
  return digits.slice(next, next + length)
}
