import { type Path, inMessage } from '../schema/issue.ts'
import { redactUrl } from '../schema/redact-url.ts'
import { type Fault, FaultError } from './faults.ts'
import { type ConfigNode, type Place, type ScalarNode, listNode, mapNode, scalarNode } from './node.ts'
import { findReference, unescapeDollars } from './reference.ts'
import { type SourceReader, parseLocation } from './source-reader.ts'
import { SourceText } from './source-text.ts'
import type { Variables } from './variables.ts'
import { type YamlResult, readYaml } from './yaml-reader.ts'

/** Bounds of expansion: rounds for one value (CFG-57), and references, values and text of a whole run. */
const limits = { rounds: 1000, references: 10_000, values: 500_000, characters: 16_777_216 } as const

interface Retrieved {
  readonly text: string
  /** What the text means as YAML; absent if it is text, or no YAML. */
  readonly node: ConfigNode | undefined
}

/** Replaces references in the values of a merged configuration (section 1.5). */
export class Expander {
  readonly faults: Fault[] = []
  /** Paths of values that could not be expanded; what else is found there is only a consequence. */
  readonly broken: Path[] = []
  readonly #reader: SourceReader
  readonly #variables: Variables
  readonly #meanings = new Map<string, YamlResult>()
  #references = 0
  #values = 0
  #characters = 0

  constructor(reader: SourceReader, variables: Variables) {
    this.#reader = reader
    this.#variables = variables
  }

  async expand(node: ConfigNode, path: Path = [], round = 0): Promise<ConfigNode> {
    switch (node.kind) {
      case 'list': {
        const items: ConfigNode[] = []
        for (const [index, item] of node.items.entries()) {
          items.push(await this.expand(item, [...path, index], round))
        }
        return { ...node, ...listNode(items, node.place) }
      }
      case 'map': {
        const entries = new Map(node.entries)
        for (const [key, entry] of node.entries) {
          entries.set(key, { ...entry, node: await this.expand(entry.node, [...path, key], round) })
        }
        return { ...node, ...mapNode(entries, node.place) }
      }
      case 'scalar':
    }
    return this.#scalar(node, path, round)
  }

  async #scalar(node: ScalarNode, path: Path, round: number): Promise<ConfigNode> {
    if (typeof node.value !== 'string') return node
    try {
      return await this.#text(node.value, node.place, path, round)
    } catch (error) {
      if (!(error instanceof FaultError)) throw error
      this.faults.push({ place: node.place, ...error.fault, path })
      this.broken.push(path)
      return scalarNode(null, node.place)
    }
  }

  async #text(start: string, place: Place, path: Path, startRound: number): Promise<ConfigNode> {
    let text = start
    for (let round = startRound; ; round++) {
      const reference = findReference(text)
      if (reference === undefined) return scalarNode(unescapeDollars(text), place)
      if (round >= limits.rounds) throw tooMany()
      const found = await this.#retrieve(reference.body, path, place)
      const isWhole = reference.start === 0 && reference.end === text.length
      if (isWhole && found.node !== undefined)
        return this.#whole(found.node, found.text, place, path, round + 1)
      text = isWhole ? found.text : text.slice(0, reference.start) + found.text + text.slice(reference.end)
      this.#count(text)
    }
  }

  /** A reference that is the whole value may stand for anything; text fields get its raw text (CFG-55). */
  async #whole(node: ConfigNode, raw: string, place: Place, path: Path, round: number): Promise<ConfigNode> {
    const value = await this.expand(node, path, round)
    const text = node.kind === 'scalar' ? raw : await this.#rawText(raw, place, path, round)
    return { ...value, place, text }
  }

  async #rawText(raw: string, place: Place, path: Path, round: number): Promise<string> {
    try {
      // The added blank keeps a reference from being the whole text.
      const inner = await this.#text(`${raw} `, place, path, round)
      return inner.kind === 'scalar' ? String(inner.value).slice(0, -1) : raw
    } catch (error) {
      if (error instanceof FaultError) return raw
      throw error
    }
  }

  async #retrieve(body: string, path: Path, place: Place): Promise<Retrieved> {
    this.#references++
    if (this.#references > limits.references) throw tooMany()
    if (body.includes('$')) {
      const message = `the uri "${inMessage(redactUrl(body))}" contains unsupported characters ('$')`
      throw new FaultError({ code: 'invalid_reference', path, message })
    }
    const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):(?!-)/.exec(body)?.[1]
    if (scheme === undefined || scheme === 'env') {
      const text = this.#variables.resolve(
        scheme === undefined ? body : body.slice('env:'.length),
        path,
        place,
      )
      return this.#parsed(new SourceText('env', text), text, place)
    }
    const location = parseLocation(body)
    const source = await this.#reader.read(location)
    // Files that hold a secret usually end in a line break that does not belong to it (CFG-59).
    if (location.scheme === 'file') return this.#parsed(source, source.text.replace(/\r?\n$/, ''))
    return this.#parsed(source, source.text, location.scheme === 'yaml' ? place : undefined)
  }

  #parsed(source: SourceText, text: string, place?: Place): Retrieved {
    this.#count(text)
    // A text means the same wherever it is used; only where it is placed differs.
    const known = (place && this.#meanings.get(source.text)) ?? readYaml(source)
    if (place !== undefined) this.#meanings.set(source.text, known)
    const { node, faults } = known
    if (faults.length > 0) return { text, node: undefined }
    if (node === undefined) return { text, node: scalarNode(null, place ?? { source, start: 0, end: 0 }) }
    if (node.kind === 'scalar' && typeof node.value === 'string') return { text, node: undefined }
    this.#values += node.size
    if (this.#values > limits.values) throw tooMany()
    return { text, node: place === undefined ? node : placedAt(node, place) }
  }

  #count(text: string): void {
    this.#characters += text.length
    if (this.#characters > limits.characters) throw tooMany()
  }
}

/** What stands in a variable or inline has no position of its own: it is where the reference is. */
function placedAt(node: ConfigNode, place: Place): ConfigNode {
  switch (node.kind) {
    case 'scalar':
      return { ...node, place }
    case 'list':
      return listNode(
        node.items.map((item) => placedAt(item, place)),
        place,
      )
    case 'map':
      return mapNode(
        new Map(
          [...node.entries].map(([key, entry]) => [key, { key: place, node: placedAt(entry.node, place) }]),
        ),
        place,
      )
  }
}

function tooMany(): FaultError {
  return new FaultError({ code: 'too_many_expansions', path: [], message: 'too many recursive expansions' })
}
