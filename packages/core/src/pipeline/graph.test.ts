import { expect, test } from 'vitest'

import { toGraph, type PipelineShape } from './graph.ts'

const pipeline = (
  id: string,
  receivers: string[],
  processors: string[],
  exporters: string[],
): PipelineShape => ({ id, receivers, processors, exporters })
const none = new Set<string>()

test('one receiver or exporter id is one instance, a processor id one for each pipeline (CFG-10)', () => {
  const { nodes } = toGraph(
    [pipeline('traces/a', ['in'], ['batch'], ['out']), pipeline('traces/b', ['in'], ['batch'], ['out'])],
    none,
  )

  expect([...nodes.keys()].toSorted()).toEqual([
    'exporter:out',
    'processor:batch@traces/a',
    'processor:batch@traces/b',
    'receiver:in',
  ])
  expect(nodes.get('receiver:in')?.pipelines).toEqual(['traces/a', 'traces/b'])
  expect(nodes.get('receiver:in')?.next).toEqual(['processor:batch@traces/a', 'processor:batch@traces/b'])
  expect(nodes.get('processor:batch@traces/b')?.next).toEqual(['exporter:out'])
})

test('a receiver without processors goes straight to the exporters', () => {
  const { nodes } = toGraph([pipeline('traces', ['in'], [], ['a', 'b'])], none)
  expect(nodes.get('receiver:in')?.next).toEqual(['exporter:a', 'exporter:b'])
})

test('starts exporters, then processors back to front with connectors between, receivers last (RUN-02)', () => {
  const { startOrder } = toGraph(
    [
      pipeline('traces/in', ['in'], ['p1', 'p2'], ['join', 'debug']),
      pipeline('traces/out', ['join', 'side'], ['q1', 'q2'], ['out']),
    ],
    new Set(['join']),
  )

  expect(startOrder.map(({ key }) => key)).toEqual([
    'exporter:out',
    'exporter:debug',
    'processor:q2@traces/out',
    'processor:q1@traces/out',
    'connector:join',
    'processor:p2@traces/in',
    'processor:p1@traces/in',
    'receiver:in',
    'receiver:side',
  ])
})

test('a cycle through connectors is an error', () => {
  const pipelines = [
    pipeline('traces/1', ['in', 'b'], [], ['a']),
    pipeline('traces/2', ['a'], [], ['b', 'out']),
  ]
  expect(() => toGraph(pipelines, new Set(['a', 'b']))).toThrow('cycle detected: ')
})
