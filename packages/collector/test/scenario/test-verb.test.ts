import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { command, type Outcome } from '../command.ts'
import { exampleFolder } from '../example-run.ts'
import { startCli } from '../process.ts'

const pipeline = {
  receivers: { invictus: { http: {} } },
  processors: { span_assembly: {} },
  exporters: { debug: {} },
  service: {
    pipelines: { traces: { receivers: ['invictus'], processors: ['span_assembly'], exporters: ['debug'] } },
  },
}
const event = (id: string, status: string, second: number, more: object = {}): object => ({
  Time: `2026-01-01T08:55:0${second}.050Z`,
  ChainId: 'invoice-42',
  Step: { Id: id, Name: id, Status: status, ...more },
})
const tree = [
  event('book', 'Started', 1),
  { ...event('check', 'Started', 2, { ParentId: 'book' }), Properties: { Milestone: 'reached' } },
  event('check', 'Failed', 3, { ParentId: 'book' }),
  event('book', 'Completed', 4),
]

const tested = (tests: readonly object[], ...flags: readonly string[]): Promise<Outcome> =>
  command(['test', '--config', `yaml:${JSON.stringify({ ...pipeline, tests })}`, ...flags])

/** A test of the tree with one expected span. */
const withSpan = (span: object, expect: object = {}): object => ({
  name: 'a tree',
  input: [{ body: tree }],
  expect: { spans: [span], ...expect },
})

describe('spanloom test', () => {
  it('passes the tests of an example of the repository', async () => {
    await using cli = startCli(['test', '--config', join(exampleFolder, 'invictus-to-otlp.yaml')])
    expect(await cli.exit).toBe(0)
    expect(cli.stdout()).toBe('✓ the sample flow becomes one trace\n\n1 passed\n')
  })

  it.each<object>([
    { name: 'book', parent: '', parent_span_id: '', kind: 'internal', status: 'unset' },
    { name: 'check', parent: 'book', status: 'ERROR', start: '2026-01-01T08:55:02.05Z', duration: '1s' },
    { name: 'check', start: '2026-01-01T09:55:02.050+01:00', end: '2026-01-01T08:55:03.050000000Z' },
    { name: 'book', attributes: { 'invictus.step.id': 'book', 'spanloom.fragments': 2, 'error.type': null } },
    { name: 'book', resource: { 'service.name': 'invictus' }, exporter: 'debug' },
    { name: 'check', events: [{ name: 'reached', time: '2026-01-01T08:55:02.05Z' }] },
    { attributes: { 'invictus.chain.id': 'invoice-42' }, count: 2 },
    { name: 'nobody', count: 0 },
  ])('%j is met', async (span) => {
    const { code, stdout } = await tested([withSpan(span)])
    expect([code, stdout]).toEqual([0, '✓ a tree\n\n1 passed\n'])
  })

  it.each<[object, readonly string[]]>([
    [{ name: 'Book' }, ['Span "Book" is not sent as expected.', '+ expected Book', '- received check']],
    [{ name: 'check', parent: '' }, ['      parent\n        - received book\n        + expected nothing']],
    [{ name: 'check', status: 'ok' }, ['      status\n        + expected OK\n        - received ERROR']],
    [{ name: 'book', duration: '2s' }, ['+ expected 2000 ms', '- received 3000 ms']],
    [
      { name: 'book', attributes: { a: 1 } },
      ['      attributes.a\n        + expected 1\n        - received nothing'],
    ],
    [{ name: 'book', attributes: { 'invictus.step.id': null } }, ['- received book', '+ expected nothing']],
    [
      { name: 'book', attributes: {}, exact: true },
      ['attributes.invictus.chain.id\n        - received invoice-42'],
    ],
    [{ name: 'book', waiting: true }, ['      waiting\n        + expected true\n        - received false']],
    [{ name: 'check', events: [{ name: 'retry' }] }, ['      events\n        + expected {"name":"retry"}']],
    [{ name: 'book', links: [{ span_id: 'aa' }] }, ['      links\n        + expected {"span_id":"aa"}']],
    [{ name: 'book', count: 2 }, ['Span "book" is sent 1 of 2 times.']],
    [{ name: 'book', count: 0 }, ['Span "book" is sent.']],
  ])('%j is not met, and the difference is told', async (span, texts) => {
    const { code, stdout } = await tested([withSpan(span)])
    expect(code).toBe(1)
    expect(stdout).toMatch(/^✗ a tree\n[^]*\n\n1 failed, 0 passed\n$/)
    for (const text of texts) expect(stdout).toContain(text)
  })

  it('compares with the nearest span that nobody else expects', async () => {
    const spans = [{ name: 'check' }, { name: 'check', status: 'unset' }]
    const { stdout } = await tested([{ name: 'a tree', input: [{ body: tree }], expect: { spans } }])
    expect(stdout).toContain('      name\n        + expected check\n        - received book')
  })

  it('knows spans, answers and drops that nobody expects', async () => {
    const more = await tested([withSpan({ name: 'book' }, { exact: true })])
    expect(more.stdout).toContain('Span "check" is sent to debug, and nobody expects it.')
    const input = [{ body: [event('book', 'Started', 1), { nothing: 1 }] }]
    const fine = { answers: [{ status: 200, body: '"rejected":1' }], drops: { no_chain_id: 1 } }
    expect((await tested([{ name: 'a', input, expect: fine }])).code).toBe(0)
    const wrong = { answers: [{ status: 202, body: 'none' }], drops: { no_chain_id: 0, other: 1 } }
    const { code, stdout } = await tested([{ name: 'a', input, expect: wrong }])
    expect(code).toBe(1)
    expect(stdout).toContain(
      'Input 1 is answered otherwise.\n      status\n        + expected 202\n        - received 200',
    )
    expect(stdout).toContain(
      'Other numbers of spans are dropped.\n      no_chain_id\n        + expected 0\n        - received 1',
    )
  })

  it('lets inputs come when they say, and the time go on as long as it says', async () => {
    const [start, end] = [tree[0], tree[3]]
    const expect_ = { spans: [{ name: 'book', duration: '3s' }], exact: true }
    const input = [{ body: start }, { body: end, at: '10m' }]
    const late = [
      { body: start, at: '2026-01-01T00:10:00Z' },
      { body: end, at: '+25h' },
    ]
    const { code, stdout } = await tested([
      { name: 'in time', input, expect: expect_ },
      {
        name: 'a day later',
        input: late,
        expect: { spans: [{ name: 'book', attributes: { 'spanloom.incomplete': 'missing_end' } }] },
      },
      { name: 'not over', input, advance: '1s', expect: { spans: [{ name: 'book', waiting: true }] } },
    ])
    expect([code, stdout]).toEqual([0, expect.stringContaining('3 passed')])
  })

  it('reads tests and payloads from files beside them', async () => {
    const files = {
      'flows/pipeline.yaml': JSON.stringify(pipeline),
      'tests/flow.yaml': JSON.stringify({
        tests: [
          { name: 'from a file', input: [{ file: 'flow.json' }], expect: { spans: [{ name: 'book' }] } },
        ],
      }),
      [join(process.cwd(), 'tests/flow.json')]: JSON.stringify(tree),
    }
    const flags = ['test', '--config', 'flows/pipeline.yaml', '--tests', 'tests/flow.yaml']
    const { code, stdout, stderr } = await command(flags, { files })
    expect([code, stdout, stderr]).toEqual([0, '✓ from a file\n\n1 passed\n', ''])
  })

  it('reports for programs', async () => {
    const tests = [withSpan({ name: 'book' }), { ...withSpan({ name: 'a "b" <c>' }), name: 'x & y' }]
    const json = await tested(tests, '--format', 'json')
    expect(JSON.parse(json.stdout)).toEqual([
      { name: 'a tree', failures: [] },
      {
        name: 'x & y',
        failures: [
          {
            message: 'Span "a "b" <c>" is not sent as expected.',
            mismatches: [expect.objectContaining({ field: 'name', expected: 'a "b" <c>' })],
          },
        ],
      },
    ])
    const junit = await tested(tests, '--format', 'junit')
    expect([json.code, junit.code]).toEqual([1, 1])
    expect(junit.stdout).toContain('<testsuite name="spanloom" tests="2" failures="1">')
    expect(junit.stdout).toContain('<testcase classname="spanloom" name="a tree"/>')
    expect(junit.stdout).toContain('name="x &amp; y"')
    expect(junit.stdout).toContain(
      'message="Span &quot;a &quot;b&quot; &lt;c&gt;&quot; is not sent as expected."',
    )
  })

  it('runs only what is asked for', async () => {
    const tests = [withSpan({ name: 'book' }), { ...withSpan({ name: 'x' }), name: 'broken' }]
    expect((await tested(tests, '--filter', 'tree')).stdout).toBe('✓ a tree\n\n1 passed\n')
    const none = await tested(tests, '--filter', 'forest')
    expect([none.code, none.stderr]).toEqual([
      1,
      expect.stringContaining('No test has "forest" in its name.'),
    ])
  })

  it.each<[object, string]>([
    [{ input: [{ body: '', at: 'soon' }] }, '"soon" is neither a time nor a duration.'],
    [{ input: [{ body: '' }], time: 'noon' }, '"noon" is no time.'],
    [{ input: [{ body: '', file: 'a' }] }, 'An input has either a file or a body.'],
    [{ input: [{ file: 'none.json' }] }, 'the file none.json cannot be read'],
  ])('%j: one message, exit code 1', async (test, message) => {
    const { code, stdout, stderr } = await tested([{ name: 'a test', ...test }])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(`test "a test": ${message}`)
  })

  it('tells faults of the section with their places', async () => {
    const text = 'tests:\n  - name: a\n    inputs: []\n    expect: { spans: [{ nam: x }] }\n'
    const files = { 'p.yaml': JSON.stringify(pipeline), 't.yaml': text }
    const { code, stderr } = await command(['test', '--config', 'p.yaml', '--tests', 't.yaml'], { files })
    expect(code).toBe(1)
    expect(stderr).toContain("t.yaml:3:5: tests::0::inputs: 'tests.0' has invalid keys: inputs")
    expect(stderr).toContain('Did you mean "input"?')
    expect(stderr).toContain('t.yaml:4:25: tests::0::expect::spans::0::nam')
  })

  it('says that there are none', async () => {
    const { code, stderr } = await command(['test', '--config', `yaml:${JSON.stringify(pipeline)}`])
    expect([code, stderr]).toEqual([1, expect.stringContaining('The configuration has no tests.')])
  })
})
