/** What a span is about, as far as the figures need it. */
export type FactKind = 'deployment' | 'change' | 'issue' | 'run'

/** All kinds. */
export const factKinds: readonly FactKind[] = ['deployment', 'change', 'issue', 'run']

/**
 * What is remembered of one span. A plain value: the figures are a function of the set of facts alone, so neither
 * the order in which they came nor how often they came can change them. Times are unix milliseconds.
 */
export interface Fact {
  readonly kind: FactKind
  /** Trace id and span id; of a late span those of its original, so that the two are one fact. */
  readonly id: string
  readonly spanId: string
  /** `vs.span.id`: the name that others refer to. */
  readonly name: string
  /** Span ids that caused this one: the parent's and those of links by reference. */
  readonly causes: readonly string[]
  /** `vs.parent.span.id`. */
  readonly causeName: string | undefined
  /** `github.com/acme/shop` where a URL is known, else owner and name, else the service. */
  readonly repository: string
  readonly start: number
  readonly end: number
  /** `missing_start`, `missing_end` or both, as the assembler marks it. */
  readonly incomplete: string | undefined
  readonly failed: boolean
  readonly result: string | undefined
  readonly environment: string | undefined
  readonly tier: string | undefined
  /** Head revision of a deployment or change. */
  readonly revision: string | undefined
  /** Branch or tag that was deployed, or that a change went into. */
  readonly ref: string | undefined
  /** Revision that the merge of a change made. */
  readonly mergeRevision: string | undefined
  readonly merged: boolean
  /** Type of an issue, lower case. */
  readonly type: string | undefined
  /** Lower case. */
  readonly labels: readonly string[]
}

/**
 * The one of two versions of a fact that counts: the one that ended later, and of those the one whose text is
 * greater. Any order of any versions leads to the same one.
 */
export function laterVersion(a: Fact, b: Fact): Fact {
  if (a.end !== b.end) return a.end > b.end ? a : b
  return encodeText(a) >= encodeText(b) ? a : b
}

/** Order by age: which of two facts goes first when there is no room. */
export function isOlder(a: Fact, b: Fact): boolean {
  return a.end === b.end ? a.id < b.id : a.end < b.end
}

/** The fact as text; equal facts have equal texts. */
export function encodeText(fact: Fact): string {
  return JSON.stringify(fieldNames.map((name) => fact[name] ?? null))
}

/** The fact that a text holds, or `undefined` when it holds none. */
export function decodeText(text: string): Fact | undefined {
  let values: unknown
  try {
    values = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isList(values) || values.length !== fieldNames.length) return undefined
  const at = (name: keyof Fact): unknown => values[fieldNames.indexOf(name)]
  const kind = factKinds.find((each) => each === at('kind'))
  const [id, spanId, name, repository] = [at('id'), at('spanId'), at('name'), at('repository')]
  const [start, end] = [at('start'), at('end')]
  if (kind === undefined || typeof start !== 'number' || typeof end !== 'number') return undefined
  if (typeof id !== 'string' || typeof spanId !== 'string' || typeof name !== 'string') return undefined
  return {
    kind,
    id,
    spanId,
    name,
    causes: textsOf(at('causes')),
    causeName: textOf(at('causeName')),
    repository: textOf(repository) ?? '',
    start,
    end,
    incomplete: textOf(at('incomplete')),
    failed: at('failed') === true,
    result: textOf(at('result')),
    environment: textOf(at('environment')),
    tier: textOf(at('tier')),
    revision: textOf(at('revision')),
    ref: textOf(at('ref')),
    mergeRevision: textOf(at('mergeRevision')),
    merged: at('merged') === true,
    type: textOf(at('type')),
    labels: textsOf(at('labels')),
  }
}

/** The order of the fields in the text; a new field goes to the end and changes the length, so old texts are left out. */
const fieldNames: readonly (keyof Fact)[] = [
  'kind',
  'id',
  'spanId',
  'name',
  'causes',
  'causeName',
  'repository',
  'start',
  'end',
  'incomplete',
  'failed',
  'result',
  'environment',
  'tier',
  'revision',
  'ref',
  'mergeRevision',
  'merged',
  'type',
  'labels',
]

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const textsOf = (value: unknown): readonly string[] =>
  isList(value) ? value.filter((each) => typeof each === 'string') : []

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}
