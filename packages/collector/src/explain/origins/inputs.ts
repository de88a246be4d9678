import type { CollectorConfig, ComponentConfig } from '@spanloom/core'

import { type Delivery, receiverOf } from '../delivery.ts'
import type { TrialPlan } from '../trial.ts'
import { type JsonLeaf, jsonLeaves } from './json-leaves.ts'
import { mutationsOf, otherTexts } from './mutations.ts'
import { otherWords } from './other-words.ts'
import { type SettingLeaf, settingLeaves, withSetting } from './settings.ts'

/** Something that a field may come from. */
export type Source =
  | { readonly kind: 'payload'; readonly delivery: number; readonly pointer: string }
  | { readonly kind: 'header'; readonly delivery: number; readonly name: string }
  | { readonly kind: 'path'; readonly delivery: number }
  | { readonly kind: 'setting'; readonly path: string }
  | { readonly kind: 'clock' }
  | { readonly kind: 'random' }

/** An input of a trial that can be given another value. */
export interface Input {
  readonly source: Exclude<Source, { kind: 'clock' | 'random' }>
  /** Its value as text, to find inputs that say the same. */
  readonly value: string
  /** How many other values there are to try. */
  readonly choices: number
  /** How many words could stand in its place: these choices come after the others. */
  readonly words?: number
  /** Secrets are named but not shown. */
  readonly secret?: boolean
}

/** A change of one input. */
export interface Change {
  readonly input: Input
  /** Which of the other values, or of the words after them. */
  readonly choice: number
}

interface Changeable extends Input {
  readonly tokens: readonly string[]
  readonly place: Place
}

type Place =
  | { readonly kind: 'body'; readonly start: number; readonly end: number }
  | { readonly kind: 'header' | 'path' }
  | { readonly kind: 'setting'; readonly leaf: SettingLeaf }

/** Headers that say how the rest is to be read, or that prove who sends. */
const untouched: ReadonlySet<string> = new Set([
  'content-type',
  'content-encoding',
  'content-length',
  'authorization',
  'host',
])

/** The inputs of a plan, and how to change them. */
export class Inputs {
  readonly all: readonly Input[]
  readonly #plan: TrialPlan
  readonly #texts: readonly string[]
  readonly #leaves: readonly (readonly JsonLeaf[])[]
  readonly #known: ReadonlyMap<Input, Changeable>

  constructor(plan: TrialPlan) {
    this.#plan = plan
    this.#texts = plan.deliveries.map(({ body }) => Buffer.from(body).toString('utf8'))
    this.#leaves = this.#texts.map(jsonLeaves)
    const words = wordsByPlace(this.#leaves.flat())
    const found = [
      ...plan.deliveries.flatMap((delivery, number) => this.#ofDelivery(delivery, number, words)),
      ...settingsOf(plan),
    ]
    this.#known = new Map(found.map((input) => [input, input]))
    this.all = found
  }

  /** The plan with these changes; one input is changed once at most. */
  changed(changes: readonly Change[]): TrialPlan {
    let { config } = this.#plan
    const splices: { delivery: number; start: number; end: number; token: string }[] = []
    const deliveries = [...this.#plan.deliveries]
    for (const { input, choice } of changes) {
      const { place, tokens, source } = this.#known.get(input) ?? {}
      const token = tokens?.[choice]
      if (place === undefined || token === undefined || source === undefined) continue
      if (place.kind === 'setting') config = withSetting(config, place.leaf, choice)
      else if (source.kind === 'setting') continue
      else if (place.kind === 'body') splices.push({ ...place, delivery: source.delivery, token })
      else {
        const known = deliveries[source.delivery]
        if (known === undefined) continue
        deliveries[source.delivery] =
          source.kind === 'header'
            ? { ...known, headers: { ...known.headers, [source.name]: token } }
            : { ...known, path: token }
      }
    }
    for (const [number, text] of this.#texts.entries()) {
      const own = splices.filter(({ delivery }) => delivery === number).toSorted((a, b) => b.start - a.start)
      const known = deliveries[number]
      if (own.length === 0 || known === undefined) continue
      let changed = text
      for (const { start, end, token } of own) changed = changed.slice(0, start) + token + changed.slice(end)
      deliveries[number] = { ...known, body: Buffer.from(changed) }
    }
    return { ...this.#plan, config, deliveries }
  }

  #ofDelivery({ headers, path }: Delivery, delivery: number, words: WordsByPlace): readonly Changeable[] {
    const found: Changeable[] = []
    const add = (input: Omit<Changeable, 'choices'>): void => {
      const choices = input.tokens.length - (input.words ?? 0)
      if (choices > 0) found.push({ ...input, choices })
    }
    for (const { pointer, start, end, token } of this.#leaves[delivery] ?? []) {
      const others = token.startsWith('"') ? otherWords(plain(token), words.get(placeOf(pointer)) ?? []) : []
      add({
        source: { kind: 'payload', delivery, pointer },
        value: plain(token),
        tokens: [...mutationsOf(token), ...others.map((other) => JSON.stringify(other))],
        words: others.length,
        place: { kind: 'body', start, end },
      })
    }
    for (const [name, value] of Object.entries(headers)) {
      if (untouched.has(name)) continue
      add({
        source: { kind: 'header', delivery, name },
        value,
        tokens: otherTexts(value),
        place: { kind: 'header' },
      })
    }
    if (path !== undefined && path.length > 1) {
      add({
        source: { kind: 'path', delivery },
        value: path,
        tokens: otherTexts(path),
        place: { kind: 'path' },
      })
    }
    return found
  }
}

type WordsByPlace = ReadonlyMap<string, ReadonlySet<string>>

/** What stands in the same place of the events of a list, or of several payloads. */
function wordsByPlace(leaves: readonly JsonLeaf[]): WordsByPlace {
  const places = new Map<string, Set<string>>()
  for (const { pointer, token } of leaves) {
    if (!token.startsWith('"')) continue
    const place = placeOf(pointer)
    const words = places.get(place) ?? new Set()
    places.set(place, words.add(plain(token)))
  }
  return places
}

function placeOf(pointer: string): string {
  return pointer.replaceAll(/\/\d+(?=\/|$)/g, '/*')
}

function settingsOf({ config, deliveries }: TrialPlan): readonly Changeable[] {
  return componentsOf(config, deliveries).flatMap((component) =>
    settingLeaves(component).map((leaf): Changeable => ({
      source: { kind: 'setting', path: leaf.path.join('::') },
      value: String(leaf.value),
      choices: leaf.others.length,
      tokens: leaf.others.map(String),
      place: { kind: 'setting', leaf },
      ...(leaf.isSecret ? { secret: true } : {}),
    })),
  )
}

/** What works on the spans: the receivers that get something, all processors and connectors of pipelines. */
function componentsOf(config: CollectorConfig, deliveries: readonly Delivery[]): readonly ComponentConfig[] {
  const receivers = new Set(deliveries.map((delivery) => receiverOf(delivery, config)))
  const pipelines = [...config.service.pipelines.values()]
  const processors = new Set(pipelines.flatMap((pipeline) => pipeline.processors))
  const used = new Set(pipelines.flatMap((pipeline) => pipeline.exporters))
  return [
    ...[...config.receivers.values()].filter(({ id }) => receivers.has(id)),
    ...[...config.processors.values()].filter(({ id }) => processors.has(id)),
    ...[...config.connectors.values()].filter(({ id }) => used.has(id)),
  ]
}

function plain(token: string): string {
  const value: unknown = JSON.parse(token)
  return typeof value === 'string' ? value : token
}
