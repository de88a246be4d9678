import { SpanloomError } from '@spanloom/core'

import { listOf, objectOf, textOf } from '../model/fields.ts'

/** How far a back-fill has come. */
export interface Position {
  /** Names of the streams that are finished. */
  readonly done: readonly string[]
  /** The stream that is being read, and where to go on in it. */
  readonly stream?: string | undefined
  readonly next?: string | undefined
}

/** What a back-fill is about; one that goes on must be about the same. */
export interface Scope {
  readonly source: string
  /** Address of the API. */
  readonly api: string
  /** Repositories or projects, in the order in which they are read. */
  readonly names: readonly string[]
  readonly sinceMs: number
  readonly untilMs: number
}

/** Text from which a back-fill can be gone on with; it holds no credentials. */
export interface ResumeToken extends Position {
  readonly scope: Scope
}

export const beginning: Position = { done: [] }

const version = 1

export function encodeToken({ scope, done, stream, next }: ResumeToken): string {
  const { source, api, names, sinceMs, untilMs } = scope
  return `${JSON.stringify(
    {
      version,
      source,
      api,
      names,
      since: new Date(sinceMs).toISOString(),
      until: new Date(untilMs).toISOString(),
      done,
      stream,
      next,
    },
    undefined,
    2,
  )}\n`
}

/** @throws SpanloomError `RESUME_INVALID` when the text is no token of this version */
export function decodeToken(text: string): ResumeToken {
  const value = objectOf(parse(text))
  const [source, api] = [textOf(value['source']), textOf(value['api'])]
  const [sinceMs, untilMs] = [timeOf(value['since']), timeOf(value['until'])]
  if (value['version'] !== version || source === undefined || api === undefined) throw invalid()
  if (sinceMs === undefined || untilMs === undefined) throw invalid()
  return {
    scope: { source, api, names: texts(value['names']), sinceMs, untilMs },
    done: texts(value['done']),
    stream: textOf(value['stream']),
    next: textOf(value['next']),
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid()
  }
}

const texts = (value: unknown): readonly string[] => listOf(value).flatMap((each) => textOf(each) ?? [])

function timeOf(value: unknown): number | undefined {
  const time = Date.parse(textOf(value) ?? '')
  return Number.isNaN(time) ? undefined : time
}

const invalid = (): SpanloomError =>
  new SpanloomError('RESUME_INVALID', 'The resume file holds nothing from which a back-fill could go on.', {
    hint: 'Remove it to begin anew.',
  })
