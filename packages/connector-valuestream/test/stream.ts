import { createHash } from 'node:crypto'

import { type Attributes, type Span, span } from '@spanloom/core'

export const hour = 3_600_000
export const day = 24 * hour
/** Monday 2026-03-02, 00:00 UTC. */
export const monday: number = Date.UTC(2026, 2, 2)

/** What a test says of a span; times are hours since `monday`. */
export interface Sketch {
  readonly name: string
  readonly from: number
  readonly to: number
  readonly parent?: string
  /** Spans that are linked by reference. */
  readonly references?: readonly string[]
  readonly repository?: string
  readonly failed?: boolean
  readonly attributes?: Attributes
}

export const idOf = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 16)

const traceId = 'a'.repeat(32)

export function draw(operation: string, sketch: Sketch): Span {
  const { name, from, to, parent, references = [], repository = 'shop', failed = false } = sketch
  return span({
    traceId,
    spanId: idOf(name),
    ...(parent === undefined ? {} : { parentSpanId: idOf(parent) }),
    name: operation,
    startTime: new Date(monday + from * hour),
    endTime: new Date(monday + to * hour),
    ...(failed ? { status: { code: 'ERROR' as const } } : {}),
    links: references.map((reference) => ({
      traceId,
      spanId: idOf(reference),
      attributes: { 'spanloom.link.reason': 'reference' },
    })),
    attributes: {
      'vs.operation.name': operation,
      'vs.span.id': name,
      ...(parent === undefined ? {} : { 'vs.parent.span.id': parent }),
      ...sketch.attributes,
    },
    resource: { 'service.name': repository, 'vcs.owner.name': 'acme', 'vcs.repository.name': repository },
  })
}

/** A deployment of a revision to production. */
export const deploy = (name: string, revision: string, from: number, more: Partial<Sketch> = {}): Span =>
  draw('deploy', {
    name,
    from,
    to: from + 0.5,
    ...more,
    attributes: {
      'vs.deployment.tier': 'production',
      'vcs.ref.head.revision': revision,
      'vcs.ref.head.name': 'main',
      ...more.attributes,
    },
  })

/** A merged change. */
export const change = (name: string, from: number, to: number, more: Partial<Sketch> = {}): Span =>
  draw('pull_request', {
    name,
    from,
    to,
    ...more,
    attributes: {
      'vcs.change.state': 'merged',
      'vcs.ref.base.name': 'main',
      'vs.change.merge_revision': `merge of ${name}`,
      ...more.attributes,
    },
  })

export const issue = (name: string, type: string, more: Partial<Sketch> = {}): Span =>
  draw('issue', {
    name,
    from: 0,
    to: 100,
    ...more,
    attributes: { 'vs.issue.type': type, ...more.attributes },
  })

/** A week: a feature, a fix, a bad deployment that is rolled back, a failed one, staging, an open end. */
export const week: readonly Span[] = [
  issue('story', 'Story'),
  issue('bug', 'Bug'),
  change('feature', 1, 10, { parent: 'story' }),
  change('fix', 20, 22, { parent: 'bug' }),
  change('later', 60, 61),
  change('waiting', 90, 91),
  change('given up', 5, 6, { attributes: { 'vcs.change.state': 'closed', 'vs.change.merge_revision': '' } }),
  draw('build', { name: 'build 1', from: 10, to: 11, parent: 'feature' }),
  deploy('deploy 1', 'r1', 12, { parent: 'build 1' }),
  deploy('staging', 'r1', 11, { attributes: { 'vs.deployment.tier': 'staging' } }),
  deploy('deploy 2', 'merge of fix', 24),
  deploy('deploy 3', 'r1', 30),
  deploy('deploy 4', 'r4', 50, { failed: true }),
  deploy('deploy 5', 'r5', 62),
]
