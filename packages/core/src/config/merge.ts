import type { Path } from '../schema/issue.ts'
import type { Fault } from './faults.ts'
import { type ConfigNode, type Entry, listNode, type MapNode, mapNode } from './node.ts'

/**
 * Lays a later source over an earlier one (CFG-42): maps join, everything else is replaced. A null
 * replaces a map too, which is rarely meant and therefore told through `warn`. Only `plugins` add up: each file lists
 * its own.
 */
export function mergeMaps(
  earlier: MapNode,
  later: MapNode,
  warn: (fault: Fault) => void,
  path: Path = [],
): MapNode {
  const entries = new Map<string, Entry>(earlier.entries)
  for (const [key, entry] of later.entries) {
    const known = entries.get(key)
    const node = known === undefined ? entry.node : merged(known.node, entry.node, warn, [...path, key])
    entries.set(key, { key: entry.key, node })
  }
  return mapNode(entries, later.place)
}

function merged(
  earlier: ConfigNode,
  later: ConfigNode,
  warn: (fault: Fault) => void,
  path: Path,
): ConfigNode {
  if (earlier.kind === 'map' && later.kind === 'map') return mergeMaps(earlier, later, warn, path)
  if (earlier.kind === 'list' && later.kind === 'list' && path.length === 1 && path[0] === 'plugins') {
    return listNode([...earlier.items, ...later.items], later.place)
  }
  if (earlier.kind === 'map' && earlier.entries.size > 0 && later.kind === 'scalar' && later.value === null) {
    warn({
      code: 'null_erases_map',
      path,
      message: `null erases the ${earlier.entries.size} settings that ${earlier.place.source.name} gives here`,
      place: later.place,
    })
  }
  return later
}
