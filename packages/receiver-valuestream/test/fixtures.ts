import { readFileSync } from 'node:fs'

import type { PlainSpan } from '@spanloom/core/testing'

import type { Source } from '../src/translate.ts'

const folder = new URL('./fixtures/', import.meta.url)

/** A recorded delivery. */
export interface Delivery {
  readonly headers?: Readonly<Record<string, string>>
  readonly payload: unknown
}

interface Expected {
  readonly files: readonly {
    readonly file: string
    readonly http: number
    readonly reason?: string
    readonly fragments: readonly PlainSpan[]
  }[]
  readonly sequences: readonly {
    readonly name: string
    readonly files: readonly string[]
    readonly spans: readonly PlainSpan[]
  }[]
  readonly arrival: { readonly first: string }
}

function read<T>(name: string): T {
  const value: T = JSON.parse(readFileSync(new URL(name, folder), 'utf8'))
  return value
}

/** What the deliveries must become. */
export const expected: Expected = read('expected.json')

/** When every delivery arrives, as far as it counts. */
export const arrivalMs: number = Date.parse(expected.arrival.first)

/** A delivery by the name of its file. */
export function deliveryIn(file: string): Delivery {
  return read(file)
}

/** The source that sends the deliveries of a folder. */
export function sourceOf(file: string): Source {
  const [source] = file.split('/', 1)
  if (source === 'github' || source === 'gitlab' || source === 'jenkins') return source
  return source === 'customhttp' ? source : 'jiracloud'
}

/** Kind of the event, where the headers say it. */
export function eventNameOf({ headers = {} }: Delivery): string {
  for (const [name, value] of Object.entries(headers))
    if (/^x-(?:github|gitlab)-event$/i.test(name)) return value
  return ''
}
