import { type Fault, FaultError } from './faults.ts'
import type { LoadOptions } from './load-options.ts'
import { mergeMaps } from './merge.ts'
import type { ConfigNode, MapNode } from './node.ts'
import type { Report } from './report.ts'
import { readSet } from './set-flag.ts'
import { parseLocation, type SourceReader } from './source-reader.ts'
import { SourceText } from './source-text.ts'
import { readYaml, type YamlResult } from './yaml-reader.ts'

/**
 * Reads all sources; a fault in one does not hide those of the others. `complete` says whether enough was understood to
 * check the rest: with a source missing, everything that it configures would seem to be missing, too.
 */
export async function readSources(
  options: LoadOptions,
  reader: SourceReader,
  report: Report,
): Promise<{ readonly roots: readonly MapNode[]; readonly complete: boolean }> {
  let complete = true
  const roots: MapNode[] = []
  const take = (source: SourceText, read: (source: SourceText) => YamlResult): void => {
    report.addSource(source)
    const { node, faults } = read(source)
    for (const fault of faults) report.fault(fault)
    if (node?.kind === 'map') roots.push(node)
    else if (node !== undefined) report.fault(notAMap(node))
    complete &&= node?.kind === 'map' || (node === undefined && (faults.length === 0 || read === readSet))
  }
  for (const text of options.sources) {
    try {
      take(await reader.read(parseLocation(text)), readYaml)
    } catch (error) {
      if (!(error instanceof FaultError)) throw error
      report.fault(error.fault)
      complete = false
    }
  }
  for (const text of options.sets ?? []) take(new SourceText('--set', text, true), readSet)
  return { roots, complete }
}

function notAMap(node: ConfigNode): Fault {
  const kind = node.kind === 'list' ? 'list' : typeof (node.kind === 'scalar' ? node.value : undefined)
  return {
    code: 'wrong_type',
    path: [],
    message: `a source must be a map at the top level, got '${kind}'`,
    place: node.place,
  }
}

/** Lays the sources over each other (CFG-42); `undefined` when there is none. */
export function mergeSources(roots: readonly MapNode[], report: Report): MapNode | undefined {
  return roots.reduce<MapNode | undefined>(
    (earlier, later) =>
      earlier === undefined ? later : mergeMaps(earlier, later, (fault) => report.warn(fault)),
    undefined,
  )
}
