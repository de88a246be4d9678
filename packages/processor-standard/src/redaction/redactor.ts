import {
  type Attributes,
  type AttributeValue,
  Resource,
  Scope,
  type Span,
  span,
  type Traces,
} from '@spanloom/core'

import { type Action, compileAction } from './actions.ts'
import { compileNamePattern } from './name-pattern.ts'
import { compileNames } from './names.ts'
import { presets } from './presets.ts'
import type { RedactionRule } from './rule.ts'

/** What is redacted, and how. */
export interface RedactionOptions {
  readonly rules: readonly RedactionRule[]
  readonly preset: keyof typeof presets | undefined
  readonly key: string | undefined
  readonly maxString: number
  readonly allowNames: readonly string[]
  /** Event types that a user added, which may be names of spans. */
  readonly eventTypes: readonly string[]
  /** Milliseconds that times are rounded down to; 0 for none. */
  readonly roundTimesMs: number
  /** A span with more attributes that a rule could not deal with goes as a whole. */
  readonly maxErrors: number
}

/** What became of one attribute, for whoever watches. */
export interface AttributeFate {
  readonly where: 'resource' | 'scope' | 'span' | 'event' | 'link'
  readonly name: string
  readonly fate: 'kept' | 'changed' | 'dropped' | 'error'
  /** What it became, when it was changed. */
  readonly became?: string
  /** Pattern of the rule that decided; absent when none did. */
  readonly rule?: string
}

/** Hears of every attribute. */
export type Watch = (fate: AttributeFate) => void

/** Redacts traces. */
export interface Redactor {
  /** The traces without what no rule keeps. Spans that cannot be redacted are left out (fail-closed). */
  redact(traces: Traces, watch?: Watch): Traces
}

interface CompiledRule {
  readonly pattern: string
  readonly matches: (name: string) => boolean
  readonly act: Action
}

/** Attributes after the rules, and how many of them a rule could not deal with. */
interface Redacted<T> {
  readonly value: T
  readonly errors: number
}

/**
 * Makes a redactor (`orchest.md` section 5): allow-list, the first rule that matches decides, and what no rule matches
 * goes, with its name.
 *
 * @throws TypeError for a rule that cannot work.
 */
export function createRedactor(options: RedactionOptions): Redactor {
  const { rules, preset, key, maxString, maxErrors, roundTimesMs } = options
  const all = [...rules, ...(preset === undefined ? [] : presets[preset])]
  const compiled = all.map((rule): CompiledRule => ({
    pattern: rule.attribute,
    matches: compileNamePattern(rule.attribute),
    act: compileAction(rule, { key, maxString }),
  }))
  const nameOf = compileNames(options.allowNames, options.eventTypes)
  const decisions = new Map<string, CompiledRule | undefined>()
  const grid = BigInt(roundTimesMs) * 1_000_000n
  const round = (time: bigint): bigint => (grid === 0n ? time : time - (time % grid))

  /** Names come again and again; hostile ones, which do not, must not fill the memory. */
  const ruleFor = (name: string): CompiledRule | undefined => {
    if (decisions.has(name)) return decisions.get(name)
    const rule = compiled.find(({ matches }) => matches(name))
    if (decisions.size < 10_000 && name.length < 200) decisions.set(name, rule)
    return rule
  }

  const redactAttributes = (
    attributes: Attributes,
    where: AttributeFate['where'],
    watch: Watch | undefined,
  ): Redacted<Record<string, AttributeValue>> => {
    const kept: Record<string, AttributeValue> = Object.create(null)
    let errors = 0
    for (const [name, value] of Object.entries(attributes)) {
      const rule = ruleFor(name)
      const told = { where, name, ...(rule === undefined ? {} : { rule: rule.pattern }) }
      try {
        const replaced = rule?.act(name, value)
        if (replaced !== undefined) kept[replaced.name] = replaced.value
        watch?.({ ...told, ...fateOf(name, value, replaced) })
      } catch {
        errors++
        watch?.({ ...told, fate: 'error' })
      }
    }
    return { value: kept, errors }
  }

  const resources = new WeakMap<Resource, Redacted<Resource>>()
  const scopes = new WeakMap<Scope, Redacted<Scope>>()

  const redactResource = (resource: Resource, watch: Watch | undefined): Redacted<Resource> => {
    let redacted = resources.get(resource)
    if (redacted === undefined) {
      const { value, errors } = redactAttributes(resource.attributes, 'resource', watch)
      resources.set(resource, (redacted = { value: Resource.of(value), errors }))
    }
    return redacted
  }

  const redactScope = (scope: Scope, watch: Watch | undefined): Redacted<Scope> => {
    let redacted = scopes.get(scope)
    if (redacted === undefined) {
      const { value, errors } = redactAttributes(scope.attributes, 'scope', watch)
      scopes.set(
        scope,
        (redacted = { value: Scope.of({ name: nameOf(scope.name), attributes: value }), errors }),
      )
    }
    return redacted
  }

  /** Made anew of what is known, so that nothing unknown is carried along. */
  const redactSpan = (from: Span, watch: Watch | undefined): Span | undefined => {
    let errors = 0
    const count = <T>({ value, errors: more }: Redacted<T>): T => {
      errors += more
      return value
    }
    const { startTimeUnixNano: start, endTimeUnixNano: end, status } = from
    const made = {
      traceId: from.traceId,
      spanId: from.spanId,
      parentSpanId: from.parentSpanId,
      flags: from.flags,
      name: nameOf(from.name),
      kind: from.kind,
      ...(start === 0n ? {} : { startTime: round(start) }),
      ...(end === 0n ? {} : { endTime: round(end) }),
      status: { code: status.code, message: nameOf(status.message) },
      attributes: count(redactAttributes(from.attributes, 'span', watch)),
      events: from.events.map(({ timeUnixNano, name, attributes }) => ({
        time: round(timeUnixNano),
        name: nameOf(name),
        attributes: count(redactAttributes(attributes, 'event', watch)),
      })),
      links: from.links.map(({ traceId, spanId, flags, attributes }) => ({
        traceId,
        spanId,
        flags,
        attributes: count(redactAttributes(attributes, 'link', watch)),
      })),
      resource: count(redactResource(from.resource, watch)),
      scope: count(redactScope(from.scope, watch)),
    }
    return errors > maxErrors ? undefined : span(made)
  }

  return {
    redact: (traces, watch) => traces.map((each) => redactOrDrop(each, (from) => redactSpan(from, watch))),
  }
}

/** A span that cannot be made anew, such as one without ids, is not passed on either. */
function redactOrDrop(from: Span, redact: (from: Span) => Span | undefined): Span | undefined {
  try {
    return redact(from)
  } catch {
    return undefined
  }
}

function fateOf(
  name: string,
  value: AttributeValue,
  replaced: { readonly name: string; readonly value: AttributeValue } | undefined,
): Pick<AttributeFate, 'fate' | 'became'> {
  if (replaced === undefined) return { fate: 'dropped' }
  const isSame =
    replaced.name === name && JSON.stringify(shown(replaced.value)) === JSON.stringify(shown(value))
  return isSame ? { fate: 'kept' } : { fate: 'changed', became: replaced.name }
}

const shown = (value: AttributeValue): unknown => (typeof value === 'bigint' ? String(value) : value)
