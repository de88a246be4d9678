import { countOf, numberOf, objectOf, own, textOf } from '../model/fields.ts'

/** A build as the statistics-gatherer plugin tells of it (`valuestream.md` section 3.3). */
export interface BuildRecord {
  readonly payload: Readonly<Record<string, unknown>>
  readonly result: string
  /** Whether it has just started; everything else is an end. */
  readonly running: boolean
  readonly jobName: string
  readonly fullJobName: string | undefined
  readonly number: number
  /** Of a start only: an end has the plugin's defaults there. */
  readonly parameters: Readonly<Record<string, unknown>>
  /** Without `origin/`. */
  readonly branch: string | undefined
  readonly repositoryUrl: string | undefined
  readonly revision: string | undefined
  /** Milliseconds. */
  readonly duration: number | undefined
  /** Milliseconds, of a start only. */
  readonly queueTime: number | undefined
}

/** Reads a record; queues, steps, checkouts and projects have none of a build. */
export function readBuild(value: unknown): BuildRecord | undefined {
  const payload = objectOf(value)
  const result = textOf(payload['result'])
  const jobName = textOf(payload['jobName'])
  const number = countOf(payload['number'])
  if (result === undefined || jobName === undefined || number === undefined) return undefined
  const running = result === 'INPROGRESS'
  const scm = objectOf(payload['scmInfo'])
  return {
    payload,
    result,
    running,
    jobName,
    fullJobName: textOf(payload['fullJobName']),
    number,
    parameters: running ? objectOf(payload['parameters']) : objectOf(undefined),
    branch: textOf(textOf(scm['branch'])?.replace(/^origin\//, '')),
    repositoryUrl: withoutCredentials(textOf(scm['url'])),
    revision: textOf(scm['commit']),
    duration: positive(payload['duration']),
    queueTime: running ? positive(payload['queueTime']) : undefined,
  }
}

/** A parameter of the build that is a text. */
export function parameterOf({ parameters }: BuildRecord, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = textOf(own(parameters, name))
    if (value !== undefined) return value
  }
  return undefined
}

/** Nothing waits or runs for longer than ten years; what says so is no duration. */
const longest = 3.2e11

function positive(value: unknown): number | undefined {
  const number = numberOf(value)
  return number !== undefined && number > 0 && number < longest ? number : undefined
}

/** An address in a job's settings may hold a password. */
function withoutCredentials(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return url
  const parsed = new URL(url)
  if (parsed.username === '' && parsed.password === '') return url
  parsed.username = ''
  parsed.password = ''
  return parsed.href
}
