import { dirname, isAbsolute, resolve } from 'node:path'

import {
  type CollectorConfig,
  parseDuration,
  SpanloomError,
  type TestConfig,
  type TestInput,
} from '@spanloom/core'

import type { Delivery } from '../explain/delivery.ts'
import type { TrialPlan } from '../explain/trial.ts'

/** What reading a test needs from outside. */
export interface ScenarioSurroundings {
  readonly config: CollectorConfig
  /** Folder that files of payloads are named from. */
  readonly folder: string
  readonly readFile: (path: string) => Promise<Uint8Array>
}

/** Folder of the file that has the tests: the last one that was read. */
export function folderOf({ sources }: Pick<CollectorConfig, 'sources'>): string {
  const last = sources.at(-1)
  return last === undefined ? '.' : dirname(last)
}

/** @throws SpanloomError when a time is none, or a payload cannot be read */
export async function scenarioPlan(
  test: TestConfig,
  { config, folder, readFile }: ScenarioSurroundings,
): Promise<TrialPlan> {
  const startMs = momentOf(test.time)
  if (startMs === undefined) throw fault(test, `"${test.time}" is no time.`)
  const deliveries: Delivery[] = []
  for (const [index, input] of test.input.entries()) {
    const body = await bodyOf(test, input, (path) =>
      readFile(isAbsolute(path) ? path : resolve(folder, path)),
    )
    const at = input.at === undefined ? undefined : whenOf(test, input.at, startMs)
    const headers = Object.entries(input.headers ?? {}).map(
      ([name, value]) => [name.toLowerCase(), value] as const,
    )
    deliveries.push({
      name: input.file ?? `input ${index + 1}`,
      body,
      headers: Object.fromEntries(headers),
      sign: input.sign,
      ...(input.receiver === undefined ? {} : { receiver: input.receiver }),
      ...(input.transport === undefined ? {} : { transport: input.transport }),
      ...(input.method === undefined ? {} : { method: input.method }),
      ...(input.path === undefined ? {} : { path: input.path }),
      ...(at === undefined ? {} : { at }),
    })
  }
  return {
    config,
    deliveries,
    startMs,
    advanceMs: test.advance,
    answers: test.answers.map(({ url, status, headers, body }) => ({
      url,
      status,
      ...(headers === undefined ? {} : { headers }),
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    })),
  }
}

/** A time as in RFC 3339 in milliseconds since 1970; `undefined` for anything else. */
export function momentOf(text: string): number | undefined {
  const ms = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isFinite(ms) ? ms : undefined
}

function whenOf(test: TestConfig, text: string, startMs: number): number {
  const duration = parseDuration(text.replace(/^\+/, ''))
  const moment = typeof duration === 'number' ? startMs + duration : momentOf(text)
  if (moment !== undefined) return moment
  throw fault(test, `"${text}" is neither a time nor a duration.`)
}

async function bodyOf(
  test: TestConfig,
  { file, body }: TestInput,
  readFile: (path: string) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  if (file === undefined) return Buffer.from(typeof body === 'string' ? body : (JSON.stringify(body) ?? ''))
  if (body !== undefined) throw fault(test, 'An input has either a file or a body.')
  try {
    return await readFile(file)
  } catch (cause) {
    throw new SpanloomError('FILE_UNREADABLE', `test "${test.name}": the file ${file} cannot be read`, {
      cause,
    })
  }
}

const fault = ({ name }: TestConfig, message: string): SpanloomError =>
  new SpanloomError('TEST_INVALID', `test "${name}": ${message}`, {
    hint: 'Times are written as 2026-01-31T12:00:00Z, durations as 90s or 1h30m.',
  })
