import { TracesBuilder } from '@spanloom/core'
import { describe, expect, it } from 'vitest'

import { createTranslations, defaultTranslationOptions } from '../src/translate.ts'
import { arrivalMs, deliveryIn, eventNameOf, expected, sourceOf } from './fixtures.ts'
import { expectSpan } from './plain.ts'

const translations = createTranslations({ ...defaultTranslationOptions, idScope: 'name' })

describe('the fixtures', () => {
  it.each(expected.files)('$file gives its fragments', ({ file, reason, fragments }) => {
    const delivery = deliveryIn(file)
    const translation = translations[sourceOf(file)](
      { name: eventNameOf(delivery), payload: delivery.payload },
      { arrivalTime: BigInt(arrivalMs) * 1_000_000n },
    )

    expect(translation.ignored).toBe(reason)
    const builder = new TracesBuilder()
    for (const fragment of translation.fragments) builder.add(fragment)
    const spans = [...builder.build().spans()]
    expect(spans).toHaveLength(fragments.length)
    for (const wanted of fragments) {
      const actual = spans.find(({ spanId }) => spanId === wanted.spanId)
      if (actual === undefined) throw new Error(`There is no ${wanted.name}.`)
      expectSpan(actual, wanted)
    }
  })
})
