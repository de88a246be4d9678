import { inMessage } from '../schema/issue.ts'
import type { Fault } from './faults.ts'
import { EntryCollector } from './key-path.ts'
import { type ConfigNode, mapNode, scalarNode } from './node.ts'
import type { SourceText } from './source-text.ts'
import { type YamlResult, readYaml } from './yaml-reader.ts'

/** Reads the value of a `--set`, `path.to.setting=<yaml>` (CFG-44): every dot left of the first `=` separates keys. */
export function readSet(source: SourceText): YamlResult {
  const { text } = source
  const equals = text.indexOf('=')
  if (equals < 0) return refused(source, 'missing equal sign in --set')
  const key = text.slice(0, equals).trim()
  const parts = key.split('.')
  if (parts.includes('')) return refused(source, `--set needs a key in each part of "${inMessage(key)}"`)
  const start = text.indexOf(key)
  const place = { source, start, end: start + key.length }
  const value = readYaml(source, equals + 1)
  if (value.node === undefined && value.faults.length > 0) return value
  const node: ConfigNode = value.node ?? scalarNode(null, { source, start: equals + 1, end: text.length })
  const entries = new EntryCollector()
  entries.add(parts.join('::'), { key: place, node })
  return { node: mapNode(entries.entries, place), faults: value.faults }
}

function refused(source: SourceText, message: string): YamlResult {
  const place = { source, start: 0, end: source.text.length }
  const fault: Fault = {
    code: 'invalid_set',
    path: [],
    message,
    suggestion: '--set path.to.setting=value',
    place,
  }
  return { faults: [fault] }
}
