import {
  type Alias,
  type Document,
  type Node,
  type ParsedNode,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
} from 'yaml'

import { closest } from '../schema/closest.ts'
import { inMessage } from '../schema/issue.ts'
import { type Fault, FaultError } from './faults.ts'
import { EntryCollector } from './key-path.ts'
import {
  type ConfigNode,
  type Entry,
  type MapNode,
  type Place,
  listNode,
  mapNode,
  scalarNode,
} from './node.ts'
import type { SourceText } from './source-text.ts'
import { yamlAdvice } from './yaml-faults.ts'
import { plainScalar } from './yaml-scalar.ts'

/** Limits of one document, far above any real configuration: a Kubernetes ConfigMap ends at 1 MiB too. */
export const yamlLimits = { characters: 1_048_576, values: 200_000, depth: 200, faults: 20 } as const

/** What a text holds; `node` is absent for an empty document. */
export interface YamlResult {
  readonly node?: ConfigNode
  readonly faults: readonly Fault[]
}

/** Reads a YAML document (section 1.6). `from` and `to` bound the part of the source to read. */
export function readYaml(source: SourceText, from = 0, to: number = source.text.length): YamlResult {
  if (to - from > yamlLimits.characters) return { faults: [tooLarge({ source, start: from, end: from })] }
  const text = source.text.slice(from, to)
  // Scalars are resolved here: the library's own schemas know neither flavour of section 1.6. It would also
  // compare each key with every other one.
  const parsed = parseAllDocuments(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  })
  const documents = Array.isArray(parsed) ? parsed : []
  const reader = new Reader(source, from)
  const faults = documents
    .flatMap((document) => reader.syntaxFaults(document, text))
    .slice(0, yamlLimits.faults)
  if (faults.length > 0) return { faults }
  if (documents[1] !== undefined) return { faults: [reader.secondDocument(documents[1])] }
  const contents = documents[0]?.contents
  if (contents === null || contents === undefined) return { faults: [] }
  try {
    const node = reader.node(contents, 1)
    return { ...(node.kind === 'scalar' && node.value === null ? {} : { node }), faults: reader.faults }
  } catch (error) {
    if (error instanceof FaultError) return { faults: [...reader.faults, error.fault] }
    throw error
  }
}

class Reader {
  readonly faults: Fault[] = []
  readonly #source: SourceText
  readonly #from: number
  readonly #anchors = new Map<string, ConfigNode | 'open'>()
  #values = 0

  constructor(source: SourceText, from: number) {
    this.#source = source
    this.#from = from
  }

  syntaxFaults(document: Document.Parsed | Document, text: string): readonly Fault[] {
    const places = new Set<number>()
    return document.errors.flatMap((error, index) => {
      const { message, pos } = error
      const { at, suggestion } = yamlAdvice(error, text, document)
      const place = this.#range([at, Math.max(at, pos[1])])
      if (message.startsWith('Maximum call stack')) return tooDeep(place)
      // After the first error the parser stumbles over all that follows; that tells nobody anything.
      if (index > 0 && (places.has(pos[0]) || message.includes('YAML stream'))) return []
      places.add(pos[0])
      // The library quotes what it stumbled over, which may be part of a secret.
      const plain = message.replace(/: ".*$/s, '')
      const fault = { code: 'invalid_yaml', path: [], message: `invalid YAML: ${inMessage(plain)}`, place }
      return suggestion === undefined ? fault : { ...fault, suggestion }
    })
  }

  secondDocument(document: Document.Parsed | Document): Fault {
    const place = this.#range(document.contents?.range ?? document.range ?? [0, 0])
    return {
      code: 'several_documents',
      path: [],
      message: 'only one YAML document is allowed in a source',
      suggestion: 'Put the second document into a file of its own and name both with --config.',
      place,
    }
  }

  node(node: ParsedNode | Node | null | undefined, depth: number, empty?: Place): ConfigNode {
    if (node === null || node === undefined) {
      return scalarNode(null, empty ?? { source: this.#source, start: this.#from, end: this.#from })
    }
    const place = this.#range(node.range ?? [0, 0])
    this.#count(1, place)
    if (depth > yamlLimits.depth) throw new FaultError(tooDeep(place))
    if (isAlias(node)) return this.#alias(node, place)
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined
    if (anchor !== undefined) this.#anchors.set(anchor, 'open')
    const result = this.#content(node, depth, place)
    if (result.depth + depth > yamlLimits.depth + 1) throw new FaultError(tooDeep(place))
    if (result.size > yamlLimits.values) throw new FaultError(tooLarge(place))
    if (anchor !== undefined) this.#anchors.set(anchor, result)
    return result
  }

  #content(node: Node, depth: number, place: Place): ConfigNode {
    if (isMap(node)) return this.#map(node, depth, place)
    if (isSeq(node)) return this.#list(node, depth, place)
    return isScalar(node) ? scalarNode(this.#scalar(node, place), place) : scalarNode(null, place)
  }

  #alias(alias: Alias, place: Place): ConfigNode {
    const target = this.#anchors.get(alias.source)
    if (target !== undefined && target !== 'open') return { ...target, place }
    const name = inMessage(alias.source)
    const message =
      target === 'open' ? `alias "${name}" refers to itself` : `unknown anchor "${name}" referenced`
    const nearest = closest(alias.source, this.#anchors.keys())
    const suggestion = nearest === undefined ? `Write &${name} at the value that is meant.` : `*${nearest}`
    throw new FaultError({ code: 'invalid_yaml', path: [], message, place, suggestion })
  }

  #list(list: YAMLSeq, depth: number, place: Place): ConfigNode {
    // A pair in a list (`[a: b]`) comes as a map of its own.
    return listNode(
      list.items.map((item) => this.node(asNode(item), depth + 1, place)),
      place,
    )
  }

  #map(map: YAMLMap, depth: number, place: Place): MapNode {
    const own = new EntryCollector()
    const merged = new Map<string, Entry>()
    for (const pair of map.items) {
      const key = asNode(pair.key)
      const keyPlace = key?.range ? this.#range(key.range) : place
      const name = this.#keyOf(key, keyPlace)
      if (name === undefined) continue
      const value = this.node(asNode(pair.value), depth + 1, keyPlace)
      if (isScalar(key) && key.type === 'PLAIN' && key.tag === undefined && name === '<<') {
        this.#mergeInto(merged, value)
        continue
      }
      // Each path may copy the map that it adds to.
      if (name.includes('::')) this.#count(own.sizeUnder(name) / 20, keyPlace)
      const clash = own.add(name, { key: keyPlace, node: value })
      if (clash !== undefined) this.faults.push(duplicateKey(name, clash.earlier, keyPlace))
    }
    return mapNode(merged.size === 0 ? own.entries : new Map([...merged, ...own.entries]), place)
  }

  /** `<<`: the maps fill in what is missing; of several, the first that has a key wins. */
  #mergeInto(merged: Map<string, Entry>, value: ConfigNode): void {
    for (const item of value.kind === 'list' ? value.items : [value]) {
      if (item.kind !== 'map') {
        this.faults.push({
          code: 'invalid_yaml',
          path: [],
          message: 'map merge requires map or sequence of maps as the value',
          suggestion: 'Write <<: *name, with &name at the map whose keys are meant.',
          place: item.place,
        })
        continue
      }
      this.#count(item.entries.size, item.place)
      for (const [key, entry] of item.entries) if (!merged.has(key)) merged.set(key, entry)
    }
  }

  #keyOf(key: Node | undefined, place: Place): string | undefined {
    const target = isAlias(key) ? this.#alias(key, place) : undefined
    if (target?.kind === 'scalar' && target.value !== null) return String(target.value)
    // Numbers and booleans are keys by their spelling.
    if (isScalar(key) && typeof key.value === 'string' && this.#scalar(key, place) !== null) {
      if (key.anchor !== undefined) this.#anchors.set(key.anchor, scalarNode(key.value, place))
      return key.value
    }
    this.faults.push({ code: 'invalid_yaml', path: [], message: 'a map key must be text', place })
    return undefined
  }

  #scalar(scalar: Scalar, place: Place): string | number | boolean | null {
    const text = typeof scalar.value === 'string' ? scalar.value : ''
    const tag = scalar.tag?.replace('tag:yaml.org,2002:', '!!')
    if (tag === undefined) return scalar.type === 'PLAIN' ? plainScalar(text) : text
    const value = plainScalar(text)
    const fits = typesOfTags[tag]
    if (fits === undefined || fits(value)) return fits === undefined ? text : value
    const message = `cannot decode !!${typeof value} as a ${tag}`
    this.faults.push({ code: 'invalid_yaml', path: [], message, place })
    return null
  }

  #range(range: readonly number[]): Place {
    const [start = 0, end = start] = range
    return { source: this.#source, start: this.#from + start, end: this.#from + end }
  }

  #count(values: number, place: Place): void {
    this.#values += values
    if (this.#values > yamlLimits.values) throw new FaultError(tooLarge(place))
  }
}

const typesOfTags: Readonly<Record<string, (value: unknown) => boolean>> = {
  '!!int': (value) => Number.isInteger(value),
  '!!float': (value) => typeof value === 'number',
  '!!bool': (value) => typeof value === 'boolean',
  '!!null': (value) => value === null,
}

function asNode(value: unknown): Node | undefined {
  if (isAlias(value) || isScalar(value) || isMap(value) || isSeq(value)) return value
  return undefined
}

function duplicateKey(name: string, earlier: Place, place: Place): Fault {
  const { line } = earlier.source.position(earlier.start)
  const message = `mapping key "${inMessage(name)}" already defined at line ${line}`
  return { code: 'duplicate_key', path: [], message, place, suggestion: 'Remove one of the two.' }
}

function tooDeep(place: Place): Fault {
  return { code: 'too_large', path: [], message: `nested deeper than ${yamlLimits.depth} levels`, place }
}

function tooLarge(place: Place): Fault {
  const message = `larger than ${yamlLimits.values} values or ${yamlLimits.characters} characters`
  return { code: 'too_large', path: [], message, place }
}
