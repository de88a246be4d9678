import type { PluginNames } from '../plugin-names.ts'
import type { KindFiles } from './kind-files.ts'
import { otlpSample } from './otlp-sample.ts'

/** A processor that marks slow spans. */
export function processorFiles(names: PluginNames): KindFiles {
  return {
    does: 'slow spans are marked',
    files: {
      'src/index.ts': `export { ${names.factory} } from './processor.ts'\n`,
      'src/processor.ts': processor(names),
      'src/settings.ts': settings(names),
      'src/mark-slow.ts': markSlow,
      'test/contract.test.ts': contractTest(names),
      'test/mark-slow.test.ts': markSlowTest(names),
      'test/fixtures/traces.json': otlpSample,
      'test/fixtures/traces.expected.json': expectedFixture(names),
    },
    settings: settingsTable(names),
    shared: '',
    pipeline: pipeline(names),
    readme: {
      tryIt: 'It reads the fixture and prints its two spans; the slow one is marked.',
      example: `processors:\n  ${names.type}:\n    threshold: 500ms`,
      mapping: `| span | becomes |
|---|---|
| that took at least \`threshold\` | the same with the setting \`attribute\` as attribute \`true\` |
| any other | itself |`,
      promises:
        'It holds nothing back: a batch is taken when the next component has taken it, and what that says goes back to the sender.',
    },
  }
}

const processor = ({
  type,
  factory,
}: PluginNames): string => `import { defineProcessor, type ProcessorFactory, statelessProcessor } from '@spanloom/core'

import { markSlow } from './mark-slow.ts'
import { ownSettings } from './settings.ts'

/** Marks spans that took long. */
export const ${factory}: ProcessorFactory = defineProcessor({
  type: '${type}',
  stability: 'development',
  description: 'Marks slow spans with an attribute.',
  schema: ownSettings,
  create: ({ config, next }) =>
    statelessProcessor(next, (traces) => markSlow(traces, config.threshold, config.attribute)),
})
`

const settings = ({
  type,
}: PluginNames): string => `/** What can be set. Types, checks, defaults and the README follow from it. */
export const ownSettings = {
  type: 'object',
  properties: {
    threshold: {
      type: 'string',
      format: 'duration',
      default: '1s',
      minimumMs: 0,
      description: 'Spans that take at least so long are marked.',
    },
    attribute: {
      type: 'string',
      minLength: 1,
      default: '${type}.slow',
      description: 'Attribute that is set to \`true\`.',
    },
  },
} as const
`

const settingsTable = ({ type }: PluginNames): string => `
| setting | type | default | meaning |
|---|---|---|---|
| \`threshold\` | duration | \`"1s"\` | Spans that take at least so long are marked. |
| \`attribute\` | text | \`"${type}.slow"\` | Attribute that is set to \`true\`. |
`

const markSlow = `import type { Span, Traces } from '@spanloom/core'

/** Sets \`attribute\` on all spans that took \`thresholdMs\` or longer. Spans are shared, so marked ones are new. */
export function markSlow(traces: Traces, thresholdMs: number, attribute: string): Traces {
  const threshold = BigInt(Math.round(thresholdMs * 1e6))
  return traces.map((span) =>
    isComplete(span) && span.endTimeUnixNano - span.startTimeUnixNano >= threshold
      ? span.with({ attributes: { [attribute]: true } })
      : span,
  )
}

/** A span that lacks its start or its end is a part of one, which is still to be assembled. */
const isComplete = ({ startTimeUnixNano, endTimeUnixNano }: Span): boolean =>
  startTimeUnixNano > 0n && endTimeUnixNano > 0n
`

const contractTest = ({
  factory,
}: PluginNames): string => `import { testProcessorContract } from '@spanloom/core/testing'

import { ${factory} } from '../src/index.ts'

// What every processor promises; a failure says how to mend it.
testProcessorContract(${factory}, { config: { threshold: '10ms' } })
`

const markSlowTest = ({ type }: PluginNames): string => `import { readFileSync } from 'node:fs'

import { parseOtlpJson, span, Traces } from '@spanloom/core'
import { toPlain } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { markSlow } from '../src/mark-slow.ts'
import expected from './fixtures/traces.expected.json' with { type: 'json' }

const traces = parseOtlpJson(readFileSync('test/fixtures/traces.json'))

it('makes the expected spans of the fixture', () => {
  expect([...markSlow(traces, 1_000, '${type}.slow').spans()].map(toPlain)).toEqual(expected)
})

it('marks a span that takes exactly as long', () => {
  const [first] = markSlow(traces, 2_500, 'slow').spans()

  expect(first?.attribute('slow')).toBe(true)
})

it('leaves spans alone that have not ended', () => {
  const open = span({
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: 'eee19b7ec3c1b174',
    name: 'open',
    startTime: 1n,
  })
  const [first] = markSlow(Traces.of([open]), 0, 'slow').spans()

  expect(first?.attribute('slow')).toBeUndefined()
})
`

function expectedFixture({ type }: PluginNames): string {
  const common = {
    resource: { 'service.name': 'shop' },
    traceId: '5b8efff798038103d269b633813fc60c',
    status: { code: 'UNSET' },
    events: [],
    links: [],
  }
  const spans = [
    {
      ...common,
      spanId: 'eee19b7ec3c1b174',
      parentSpanId: '',
      name: 'GET /orders',
      kind: 'SERVER',
      startTimeUnixNano: '1772438400000000000',
      endTimeUnixNano: '1772438402500000000',
      attributes: { [`${type}.slow`]: true },
    },
    {
      ...common,
      spanId: 'eee19b7ec3c1b175',
      parentSpanId: 'eee19b7ec3c1b174',
      name: 'SELECT orders',
      kind: 'CLIENT',
      startTimeUnixNano: '1772438400100000000',
      endTimeUnixNano: '1772438400300000000',
      attributes: {},
    },
  ]
  return `${JSON.stringify(spans, undefined, 2)}\n`
}

const pipeline = ({
  type,
}: PluginNames): string => `# What \`npm run dev\` runs: the fixture goes through the processor, from its sources, to the terminal.
plugins:
  - ./src/index.ts
receivers:
  otlp_json_file:
    include: [./test/fixtures/traces.json]
    start_at: beginning
processors:
  ${type}:
exporters:
  debug:
    verbosity: detailed
    use_internal_logger: false
service:
  pipelines:
    traces:
      receivers: [otlp_json_file]
      processors: [${type}]
      exporters: [debug]
  telemetry:
    metrics: { level: none }
`
