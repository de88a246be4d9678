import { readdirSync, readFileSync } from 'node:fs'

import type { Span } from '@spanloom/core'
import { type PlainSpan, toPlain } from '@spanloom/core/testing'

import { messagesOf, type RecordedMessage } from '../src/recorded-messages.ts'

const folder = new URL('./fixtures/', import.meta.url)

function text(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8')
}

/** Names of the fixtures that hold events. */
export const inputs: readonly string[] = readdirSync(folder).filter((name) => /^\d\d-(?!export)/.test(name))

/** The messages of a fixture, in order of arrival. */
export function messagesIn(name: string): readonly RecordedMessage[] {
  return messagesOf(text(name))
}

/** What the receiver alone makes of some fixtures. */
export const expectedFragments: Readonly<Record<string, readonly PlainSpan[]>> = JSON.parse(
  text('fragments.json'),
)

/** A span in the notation of the fixtures, which leave out the flags that all fragments have. */
export function plain(span: Span): Omit<ReturnType<typeof toPlain>, 'flags'> {
  const { flags: _, ...rest } = toPlain(span)
  return rest
}
