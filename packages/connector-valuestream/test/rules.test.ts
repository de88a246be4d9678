import { type Attributes, type Span, Traces } from '@spanloom/core'
import { createComponent, fakeClock } from '@spanloom/core/testing'
import { spanArbitrary } from '@spanloom/core/testing/arbitraries'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { valueStreamConnector } from '../src/connector.ts'
import type { Figures } from '../src/figures.ts'
import { plainUrl, readFact } from '../src/read-fact.ts'
import { percentile } from '../src/statistics.ts'
import { change, day, deploy, draw, idOf, issue, monday } from './stream.ts'

const { signal } = new AbortController()

async function measured(spans: readonly Span[], config: object = {}): Promise<Figures> {
  const connector = createComponent(
    valueStreamConnector,
    { window: '168h', ...config },
    { clock: fakeClock(monday + 5 * day) },
  )
  await connector.consumeTraces(Traces.of(spans), { signal })
  return connector.measure().all
}

const reasons = async (span: Span, config: object = {}): Promise<readonly string[]> =>
  (await measured([span], config)).deployment_frequency.funnel.excluded.map(({ reason }) => reason)

describe('a deployment', () => {
  const environment = (attributes: Attributes): Span =>
    draw('deploy', { name: 'd', from: 1, to: 2, attributes })

  it.each([
    [{ 'vs.deployment.tier': 'production', 'deployment.environment.name': 'eu-1' }, []],
    [{ 'vs.deployment.tier': 'staging', 'deployment.environment.name': 'production' }, ['not_production']],
    [{ 'deployment.environment.name': 'Prod' }, []],
    [{ 'build.parameter.ENVIRONMENT': 'test' }, ['not_production']],
    [{ 'cicd.pipeline.result': 'skip', 'vs.deployment.tier': 'production' }, ['skipped']],
    [{ 'spanloom.incomplete': 'missing_end', 'vs.deployment.tier': 'production' }, ['incomplete']],
    [{ 'spanloom.incomplete': 'missing_start', 'vs.deployment.tier': 'production' }, []],
    [{}, []],
  ])('of %j is left out for %j', async (attributes, expected) => {
    expect(await reasons(environment(attributes))).toEqual(expected)
  })

  it('without an environment counts if it may', async () => {
    expect(await reasons(environment({}), { no_environment: 'exclude' })).toEqual(['no_environment'])
  })

  it('that is told again later by a late span is one with it', async () => {
    const late = deploy('again', 'r1', 1, {
      failed: true,
      to: 3,
      attributes: { 'spanloom.late': true },
    }).with({
      addLinks: [
        { traceId: 'a'.repeat(32), spanId: idOf('d'), attributes: { 'spanloom.link.reason': 'late' } },
      ],
    })
    for (const spans of [
      [deploy('d', 'r1', 1), late],
      [late, deploy('d', 'r1', 1)],
    ]) {
      const figures = await measured(spans)
      expect(figures.deployment_frequency.funnel.received).toBe(1)
      expect(figures.change_failure_rate.value).toBe(1)
    }
  })
})

describe('a failure', () => {
  it('is what an incident names, until the incident is over', async () => {
    const figures = await measured([
      deploy('d', 'r1', 1),
      issue('outage', 'Incident', { parent: 'd', from: 2, to: 4 }),
    ])
    expect(figures.failures).toEqual({ deployment: 0, rollback: 0, incident: 1 })
    expect(figures.time_to_restore.value).toBe(2.5 * 3600)
  })

  it('is not restored by a deployment somewhere else', async () => {
    const figures = await measured([
      deploy('d', 'r1', 1, { failed: true }),
      deploy('e', 'r2', 2, { repository: 'billing' }),
      deploy('f', 'r2', 3, { attributes: { 'deployment.environment.name': 'us' } }),
    ])
    expect(figures.time_to_restore.funnel.excluded).toContainEqual({
      step: 'paired',
      reason: 'not_restored',
      count: 1,
    })
  })

  it('is not a deployment after whose failure the old revision was deployed again', async () => {
    const figures = await measured([
      deploy('a', 'r1', 1),
      deploy('b', 'r2', 2, { failed: true }),
      deploy('c', 'r1', 3),
    ])
    expect(figures.failures).toEqual({ deployment: 1, rollback: 0, incident: 0 })
  })
})

describe('the lead time', () => {
  it('ends with the first deployment of the branch after the merge', async () => {
    const figures = await measured([
      change('c', 1, 2),
      deploy('too early', 'x', 1.5),
      deploy('branch', 'y', 3, { attributes: { 'vcs.ref.head.name': 'other' } }),
      deploy('failed', 'z', 4, { failed: true }),
      deploy('first', 'z', 5),
      deploy('second', 'z', 6),
    ])
    expect(figures.lead_time.value).toBe(4.5 * 3600)
  })

  it.each([
    ['main', 1],
    ['v1.4.0', 1],
    ['2026.03-2', 1],
    ['release/1.4', 1],
    ['4f2a9c1', 1],
    ['hotfix', 0],
    ['vintage', 0],
  ])('knows what was merged before a deployment of %s', async (ref, count) => {
    const figures = await measured([
      change('c', 1, 2),
      deploy('d', 'x', 3, { attributes: { 'vcs.ref.head.name': ref } }),
    ])
    expect(figures.lead_time.count).toBe(count)
  })

  it('ends with a deployment elsewhere that the change led to', async () => {
    const spans = [
      change('c', 1, 2),
      draw('pipeline', { name: 'run', from: 2, to: 3, references: ['c'] }),
      draw('build', { name: 'job', from: 2, to: 3, parent: 'run' }),
      deploy('d', 'x', 3, { parent: 'job', repository: 'deployments' }),
    ]
    expect((await measured(spans)).lead_time.value).toBe(2.5 * 3600)
    expect((await measured(spans, { lead_time_from: 'merged' })).lead_time.value).toBe(1.5 * 3600)
  })

  it('survives references in a circle', async () => {
    const figures = await measured([
      draw('build', { name: 'a', from: 1, to: 2, parent: 'b' }),
      draw('build', { name: 'b', from: 1, to: 2, parent: 'a' }),
      deploy('d', 'x', 3, { parent: 'a' }),
    ])
    expect(figures.deployment_frequency.count).toBe(1)
  })
})

it('finds one form for the addresses of a repository, without credentials', () => {
  for (const url of [
    'https://github.com/acme/shop',
    'https://github.com/Acme/Shop.git',
    'https://user:secret@github.com/acme/shop/',
    'git@github.com:acme/shop.git',
    'ssh://git@github.com:22/acme/shop.git?x=1',
  ])
    expect(plainUrl(url)).toBe('github.com/acme/shop')
  expect(plainUrl('shop')).toBeUndefined()
})

it('reads any span without a fault', () => {
  fc.assert(
    fc.property(spanArbitrary(), fc.constantFrom('deploy', 'issue', 7), (span, operation) => {
      const read = readFact(
        span.with({
          attributes: { 'vs.operation.name': operation, 'vs.span.id': 'x', 'vs.issue.labels': [1, 'A'] },
        }),
        ['environment'],
      )
      expect(read?.labels ?? ['a']).toEqual(['a'])
    }),
  )
})

it('finds percentiles between values', () => {
  expect(percentile([], 0.5)).toBeUndefined()
  expect(percentile([3], 0.9)).toBe(3)
  expect(percentile([0, 10], 0.5)).toBe(5)
  expect(percentile([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9)).toBe(9)
})
