import { describe, expect, it } from 'vitest'

import { PermanentError } from '../errors/errors.ts'
import { Resource } from './resource.ts'
import { Scope } from './scope.ts'
import { type SpanInit } from './span-init.ts'
import { span } from './span.ts'
import { TracesBuilder } from './traces-builder.ts'
import { Traces } from './traces.ts'

const init: SpanInit = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 'pay' }

describe('a builder', () => {
  it('gives spans its defaults', () => {
    const scope = Scope.of({ name: 'tests' })
    const traces = new TracesBuilder({ resource: { 'service.name': 'shop' }, scope })
      .add(init)
      .add({ ...init, resource: { 'service.name': 'store' }, scope: Scope.empty })
      .build()

    expect(
      [...traces.spans()].map((one) => [one.resource.attribute('service.name'), one.scope.name]),
    ).toEqual([
      ['shop', 'tests'],
      ['store', ''],
    ])
  })

  it('puts equal resources and scopes into one group, wherever they stand', () => {
    const builder = new TracesBuilder()
    for (const name of ['a', 'b', 'a', 'b', 'a']) {
      builder.add({ ...init, name, resource: { 'service.name': name }, scope: Scope.of({ name: 'tests' }) })
    }
    const traces = builder.build()

    expect([traces.spanCount, traces.resourceSpansCount]).toEqual([5, 2])
    expect([...traces.spans()].map(({ name }) => name)).toEqual(['a', 'a', 'a', 'b', 'b'])
  })

  it('takes spans as they are', () => {
    const resource = Resource.of({ 'service.name': 'shop' })
    const one = span({ ...init, resource })
    const [first, second] = new TracesBuilder({ resource }).add(one).add(init).build().spans()

    expect(first?.bytes).toEqual(one.bytes)
    expect(first?.resource).toBe(second?.resource)
  })

  it('is empty after building and can be used again', () => {
    const builder = new TracesBuilder().add(init)
    const first = builder.build()
    const second = builder.add({ ...init, name: 'other' }).build()

    expect([first.spanCount, second.spanCount, builder.spanCount]).toEqual([1, 1, 0])
    expect([...first.spans(), ...second.spans()].map(({ name }) => name)).toEqual(['pay', 'other'])
    expect(new TracesBuilder().build()).toBe(Traces.empty)
  })

  it('adds nothing when a span is not as it must be', () => {
    const builder = new TracesBuilder().add(init)

    expect(() => builder.add({ ...init, events: [{ time: -1n, name: 'x' }] })).toThrow(PermanentError)
    expect(() => builder.add({ ...init, links: [{ traceId: 'x', spanId: 'y' }] })).toThrow(TypeError)
    expect(Traces.fromProtobuf(builder.add(init).build().toProtobuf()).spanCount).toBe(2)
  })

  it('builds batches beside each other', () => {
    const builders = Array.from({ length: 12 }, () => new TracesBuilder())
    for (let round = 0; round < 50; round++) {
      for (const [index, builder] of builders.entries()) builder.add({ ...init, name: `${index}` })
    }
    const batches = builders.map((builder) => builder.build())

    for (const [index, batch] of batches.entries()) {
      expect(new Set([...batch.spans()].map(({ name }) => name))).toEqual(new Set([`${index}`]))
    }
  })

  it('grows as far as it has to', () => {
    const text = 'x'.repeat(10_000)
    const builder = new TracesBuilder()
    for (let index = 0; index < 600; index++) builder.add({ ...init, name: `${index}`, attributes: { text } })
    const traces = Traces.fromProtobuf(builder.build().toProtobuf())

    expect(traces.byteLength).toBeGreaterThan(6_000_000)
    expect(
      [...traces.spans()].every((one, index) => one.name === `${index}` && one.attribute('text') === text),
    ).toBe(true)
  })
})
