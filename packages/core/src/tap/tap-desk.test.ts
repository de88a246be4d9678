import { expect, it } from 'vitest'

import type { PipelineShape } from '../pipeline/graph.ts'
import { toGraph } from '../pipeline/graph.ts'
import { span, Traces } from '../traces/index.ts'
import { TapDesk } from './tap-desk.ts'
import { findBoundaries, type TapTarget } from './tap-target.ts'

const pipeline = (
  id: string,
  receivers: string[],
  processors: string[],
  exporters: string[],
): PipelineShape => ({
  id,
  receivers,
  processors,
  exporters,
})
const shape = [
  pipeline('traces/a', ['otlp'], ['batch'], ['otlp_http', 'forward']),
  pipeline('traces/b', ['forward', 'otlp/b'], ['batch', 'filter'], ['otlp_http']),
  pipeline('traces/c', ['otlp'], [], ['otlp_http']),
]
const graphOf = (pipelines: readonly PipelineShape[]) => toGraph(pipelines, new Set(['forward']))
const find = (target: TapTarget): readonly string[] =>
  findBoundaries(graphOf(shape), target).map(({ key, side }) => `${side} ${key}`)

it('lists everything that can be watched, in the order of the data', () => {
  const desk = new TapDesk(() => graphOf(shape))
  const at = desk.list().map((view) => view.at)
  expect(at.toSorted()).toEqual([
    'connectors/forward',
    'exporters/otlp_http',
    'processors/batch',
    'processors/filter',
    'receivers/otlp',
    'receivers/otlp/b',
  ])
  expect(at.indexOf('receivers/otlp')).toBeLessThan(at.indexOf('processors/batch'))
  expect(desk.list().find((view) => view.at === 'processors/batch')).toEqual({
    at: 'processors/batch',
    sides: ['input', 'output'],
    pipelines: expect.arrayContaining(['traces/a', 'traces/b']),
  })
})

it.each<[TapTarget, readonly string[]]>([
  [{ at: 'receivers/otlp' }, ['output receiver:otlp']],
  [{ at: 'receivers/otlp/b' }, ['output receiver:otlp/b']],
  [{ at: 'exporters/otlp_http' }, ['input exporter:otlp_http']],
  [{ at: 'processors/filter' }, ['output processor:filter@traces/b']],
  [{ at: 'processors/filter', side: 'input' }, ['input processor:filter@traces/b']],
  [{ at: 'processors/batch', pipeline: 'traces/a' }, ['output processor:batch@traces/a']],
  [{ at: 'connectors/forward' }, ['output connector:forward']],
  [{ at: 'connectors/forward', side: 'input' }, ['input connector:forward']],
  // An exporter is one instance: what one pipeline gives it is seen where the pipeline ends.
  [{ at: 'exporters/otlp_http', pipeline: 'traces/b' }, ['output processor:filter@traces/b']],
  [{ at: 'exporters/otlp_http', pipeline: 'traces/c' }, ['output receiver:otlp']],
  [{ at: 'connectors/forward', side: 'input', pipeline: 'traces/a' }, ['output processor:batch@traces/a']],
])('%j means %j', (target, expected) => {
  expect(find(target)).toEqual(expected)
})

it('means all instances of a processor', () => {
  expect(find({ at: 'processors/batch' }).toSorted()).toEqual([
    'output processor:batch@traces/a',
    'output processor:batch@traces/b',
  ])
})

it.each<[TapTarget, string, string]>([
  [{ at: 'receivers/otpl' }, 'no running pipeline has "receivers/otpl"', 'Did you mean receivers/otlp?'],
  [{ at: 'nothing' }, 'no running pipeline has "nothing"', 'There is '],
  [{ at: 'receivers/otlp', side: 'input' }, 'receivers/otlp has no input', 'Watch its output.'],
  [{ at: 'exporters/otlp_http', side: 'output' }, 'exporters/otlp_http has no output', 'Watch its input.'],
  [
    { at: 'processors/filter', pipeline: 'traces/a' },
    'processors/filter is not part of the pipeline traces/a',
    'It is part of traces/b.',
  ],
])('refuses %j: %s', (target, message, hint) => {
  const hints = { message, hint: expect.stringContaining(hint) }
  expect(() => find(target)).toThrow(expect.objectContaining(hints))
})

const one = Traces.of([span({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 's' })])

it('follows a reload: to what came instead, and to what was added', () => {
  let graph = graphOf(shape)
  const desk = new TapDesk(() => graph)
  const tap = desk.open({ at: 'processors/batch' })
  graph = graphOf([pipeline('traces/z', ['otlp'], ['batch'], ['otlp_http'])])
  desk.follow()
  desk.boundaries.of('processor:batch@traces/z', 'output').pass(one)

  expect(tap.end).toBeUndefined()
  expect(tap.take()?.traces).toBe(one)
})

it('ends a tap whose boundary a reload took away', () => {
  let graph = graphOf(shape)
  const desk = new TapDesk(() => graph)
  const tap = desk.open({ at: 'processors/filter' })
  graph = graphOf([pipeline('traces/a', ['otlp'], [], ['otlp_http'])])
  desk.follow()
  expect(tap.end).toBe('gone')
})

it('leaves nobody at a boundary when a tap has ended', () => {
  const desk = new TapDesk(() => graphOf(shape))
  const [first, second] = [desk.open({ at: 'receivers/otlp' }), desk.open({ at: 'receivers/otlp' })]
  first.close('left')
  desk.boundaries.of('receiver:otlp', 'output').pass(one)
  expect([first.take(), second.take()?.traces]).toEqual([undefined, one])
})

it('ends all taps when the collector stops, those that come too late as well', () => {
  const desk = new TapDesk(() => graphOf(shape))
  const early = desk.open({ at: 'receivers/otlp' })
  desk.close('shutdown')
  expect([early.end, desk.open({ at: 'receivers/otlp' }).end]).toEqual(['shutdown', 'shutdown'])
})
