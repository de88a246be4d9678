import { toPlain } from '@spanloom/core/testing'

import { tracesOf } from '../src/intake/intake.ts'
import {
  createTranslations,
  defaultTranslationOptions,
  type Source,
  type TranslationOptions,
} from '../src/translate.ts'
import { arrivalMs } from './fixtures.ts'

export type Fragment = ReturnType<typeof toPlain>
export type Payload = Readonly<Record<string, unknown>>

/** What a test may ask of a translation. */
export interface Asked {
  readonly name?: string
  readonly options?: Partial<TranslationOptions>
}

/** The fragments of one event; ids in the form of the repository's name alone, unless the options say otherwise. */
export function fragmentsOf(
  source: Source,
  payload: unknown,
  { name = '', options }: Asked = {},
): Fragment[] {
  const translate = createTranslations({ ...defaultTranslationOptions, idScope: 'name', ...options })[source]
  const translation = translate({ name, payload }, { arrivalTime: BigInt(arrivalMs) * 1_000_000n })
  return [...tracesOf(translation).spans()].map(toPlain)
}

/** The first fragment of one event, which is that of the operation itself. */
export function fragmentOf(source: Source, payload: unknown, asked?: Asked): Fragment {
  const [fragment] = fragmentsOf(source, payload, asked)
  if (fragment === undefined) throw new Error('The event gives no fragment.')
  return fragment
}

/** Why an event gives nothing. */
export function reasonOf(
  source: Source,
  payload: unknown,
  { name = '', options }: Asked = {},
): string | undefined {
  const translate = createTranslations({ ...defaultTranslationOptions, ...options })[source]
  return translate({ name, payload }, { arrivalTime: 1n }).ignored
}

/** Unix nanoseconds of a date as the fixtures write them. */
export function nanos(text: string): string {
  return String(BigInt(Date.parse(text)) * 1_000_000n)
}
