import type { Attributes, AttributeValue, Span } from '@spanloom/core'

import type { Fact, FactKind } from './fact.ts'

const kinds: ReadonlyMap<string, FactKind> = new Map([
  ['deploy', 'deployment'],
  ['pull_request', 'change'],
  ['issue', 'issue'],
  ['build', 'run'],
  ['pipeline', 'run'],
])

/** Links that say what caused a span; others tell of earlier runs or of things beside it. */
const causeReasons: ReadonlySet<string> = new Set(['reference'])

const maxCauses = 8
const maxLabels = 32
const maxLength = 512
const nanosPerMilli = 1_000_000n

/**
 * What a span says about the value stream, or `undefined` when it says nothing: other spans, phases and steps, and
 * fragments (`valuestream.md` sections 6 and 7).
 *
 * @param environmentAttributes names of the attributes that may name an environment, the first one counts
 */
export function readFact(span: Span, environmentAttributes: readonly string[]): Fact | undefined {
  const kind = kinds.get(text(span.attribute('vs.operation.name')) ?? '')
  if (kind === undefined) return undefined
  const name = text(span.attribute('vs.span.id'))
  const { startTimeUnixNano, endTimeUnixNano } = span
  if (name === undefined || startTimeUnixNano === 0n || endTimeUnixNano === 0n) return undefined
  const { attributes, spanId, links, status } = span
  const read = (key: string): string | undefined => text(attributes[key])
  const original =
    attributes['spanloom.late'] === true
      ? links.find((link) => link.attributes['spanloom.link.reason'] === 'late')
      : undefined
  const own = original?.spanId ?? spanId
  return {
    kind,
    id: `${original?.traceId ?? span.traceId}/${own}`,
    spanId: own,
    name,
    causes: [
      ...(span.parentSpanId === '' ? [] : [span.parentSpanId]),
      ...links
        .filter((link) => causeReasons.has(text(link.attributes['spanloom.link.reason']) ?? ''))
        .map((link) => link.spanId),
    ].slice(0, maxCauses),
    causeName: read('vs.parent.span.id'),
    repository: repositoryOf(attributes, span),
    start: Number(startTimeUnixNano / nanosPerMilli),
    end: Number(endTimeUnixNano / nanosPerMilli),
    incomplete: read('spanloom.incomplete'),
    failed: status.code === 'ERROR' || read('deployment.status') === 'failed',
    result: resultOf(read),
    environment: environmentAttributes
      .map(read)
      .find((value) => value !== undefined)
      ?.toLowerCase(),
    tier: read('vs.deployment.tier')?.toLowerCase(),
    revision: read('vcs.ref.head.revision'),
    ref: kind === 'change' ? read('vcs.ref.base.name') : read('vcs.ref.head.name'),
    mergeRevision: read('vs.change.merge_revision'),
    merged: read('vcs.change.state') === 'merged' || read('vs.change.merge_revision') !== undefined,
    type: read('vs.issue.type')?.toLowerCase(),
    labels: labelsOf(attributes['vs.issue.labels']),
  }
}

/** A deployment with an id of its own that ended without a status was skipped (`valuestream.md` section 3.2). */
function resultOf(read: (key: string) => string | undefined): string | undefined {
  const result = read('cicd.pipeline.result') ?? read('cicd.pipeline.task.run.result')
  if (result !== undefined) return result.toLowerCase()
  const skipped = read('deployment.id') !== undefined && read('deployment.status') === undefined
  return skipped && read('vs.operation.name') === 'deploy' ? 'skip' : undefined
}

function repositoryOf(attributes: Attributes, { resource }: Span): string {
  const either = (key: string): string | undefined => text(attributes[key]) ?? text(resource.attribute(key))
  const url = either('vcs.repository.url.full') ?? text(attributes['scm.head.url'])
  const plain = url === undefined ? undefined : plainUrl(url)
  if (plain !== undefined) return plain
  const [owner, name] = [either('vcs.owner.name'), either('vcs.repository.name')]
  if (name !== undefined) return (owner === undefined ? name : `${owner}/${name}`).toLowerCase()
  return (either('service.name') ?? '').toLowerCase()
}

/** One form for `https://github.com/acme/shop`, `git@github.com:acme/shop.git` and their like; never credentials. */
export function plainUrl(url: string): string | undefined {
  const found = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^@/\s]*@)?([^/:\s]+)(?::\d+(?=\/))?[:/]+([^\s?#]+)/i.exec(
    url,
  )
  const [, host, path] = found ?? []
  if (host === undefined || path === undefined) return undefined
  return `${host}/${path.replace(/\/+$/, '').replace(/\.git$/i, '')}`.toLowerCase()
}

function labelsOf(value: AttributeValue | undefined): readonly string[] {
  if (!Array.isArray(value)) return []
  const labels = value.map((each: AttributeValue) => text(each)?.toLowerCase())
  return labels.filter((label) => label !== undefined).slice(0, maxLabels)
}

/** Text that is not empty, cut so that no span can make a fact large. */
function text(value: AttributeValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, maxLength) : undefined
}
