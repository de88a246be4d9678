import { SpanloomError } from '@spanloom/core'

import { objectOf, textOf } from '../model/fields.ts'
import type { Source } from '../model/translation.ts'
import {
  customHttpSettings,
  githubSettings,
  gitlabSettings,
  jenkinsSettings,
  jiraSettings,
} from '../settings.ts'
import type { Delivery, History, HistoryPage } from './history.ts'

/** Which recordings are read. */
export interface RecordedHistoryOptions {
  /** Paths of files with one delivery in each line: `{"source", "headers", "body"}`. */
  readonly files: readonly string[]
  readonly readFile: (path: string) => Promise<Uint8Array>
}

/** Where the receiver takes the deliveries of each source, unless its settings say otherwise. */
export const defaultPaths: ReadonlyMap<string, string> = new Map([
  ['github', githubSettings.path.default],
  ['gitlab', gitlabSettings.path.default],
  ['jenkins', jenkinsSettings.path.default],
  ['jiracloud', jiraSettings.path.default],
  ['customhttp', customHttpSettings.path.default],
])

/** The headers that tell the kind of an event, by source. */
const eventHeaders: ReadonlyMap<Source, string> = new Map([
  ['github', 'x-github-event'],
  ['gitlab', 'x-gitlab-event'],
  ['jenkins', ''],
  ['jiracloud', ''],
  ['customhttp', ''],
])

const linesPerPage = 200

/**
 * Deliveries that somebody has recorded.
 *
 * @throws SpanloomError `RECORDING_INVALID` while it is read, naming the line that holds none
 */
export function recordedHistory({ files, readFile }: RecordedHistoryOptions): History {
  return files.map((file) => ({
    name: file,
    async *pages(from): AsyncGenerator<HistoryPage, void, undefined> {
      const lines = Buffer.from(await readFile(file))
        .toString('utf8')
        .split('\n')
      const first = /^\d+$/.test(from ?? '') ? Number(from) : 0
      for (let at = first; at < lines.length; at += linesPerPage) {
        const page = lines.slice(at, at + linesPerPage)
        const deliveries = page.flatMap((line, index) => readLine(line, `${file}:${at + index + 1}`) ?? [])
        const end = at + linesPerPage
        yield { deliveries, items: deliveries.length, next: end < lines.length ? String(end) : undefined }
      }
    },
  }))
}

function readLine(line: string, place: string): Delivery | undefined {
  if (line.trim() === '') return undefined
  const value = objectOf(parse(line, place))
  const source = [...eventHeaders.keys()].find((each) => each === value['source'])
  if (source === undefined)
    throw invalid(place, `its source is none of ${[...eventHeaders.keys()].join(', ')}`)
  if (value['body'] === undefined) throw invalid(place, 'it has no body')
  const header = eventHeaders.get(source)
  const headers = Object.entries(objectOf(value['headers']))
  const name = textOf(headers.find(([key]) => key.toLowerCase() === header)?.[1]) ?? ''
  return { source, event: { name, payload: value['body'] } }
}

function parse(line: string, place: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw invalid(place, 'it is no JSON')
  }
}

const invalid = (place: string, what: string): SpanloomError =>
  new SpanloomError('RECORDING_INVALID', `${place} holds no delivery: ${what}.`, {
    hint: 'Each line is {"source": "github", "headers": {"x-github-event": "issues"}, "body": {…}}.',
  })
