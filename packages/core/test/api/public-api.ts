import { readModule, type Declaration, type Module, type Origin } from './module.ts'

/** What an entry of the package gives to others. */
export interface PublicApi {
  /** By the name under which it is exported, sorted. */
  readonly exported: ReadonlyMap<string, readonly Declaration[]>
  /** What has no name outside and is part of what has one, sorted. */
  readonly inner: readonly Declaration[]
}

/** Follows the exports of a file through the package. */
export function publicApi(entry: string): PublicApi {
  const modules = new Map<string, Module>()
  const moduleOf = (file: string): Module => {
    const known = modules.get(file) ?? readModule(file)
    modules.set(file, known)
    return known
  }
  const find = ({ file, name }: Origin): readonly Declaration[] => {
    if (file === undefined) return []
    const { declarations, imports, exports, stars } = moduleOf(file)
    const here = declarations.get(name)
    if (here !== undefined) return here
    const elsewhere = exports.get(name) ?? imports.get(name)
    if (elsewhere !== undefined && (elsewhere.file !== file || elsewhere.name !== name))
      return find(elsewhere)
    return stars.map((star) => find({ file: star, name })).find((found) => found.length > 0) ?? []
  }
  const namesOf = (file: string): ReadonlyMap<string, Origin> => {
    const { exports, stars } = moduleOf(file)
    return new Map([...stars.flatMap((star) => [...namesOf(star)]), ...exports])
  }
  const exported = new Map(
    [...namesOf(entry)]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, origin]) => [name, find(origin)] as const),
  )
  const seen = new Set([...exported.values()].flat())
  const inner = new Set<Declaration>()
  const queue = [...seen]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const name of next.uses) {
      for (const used of find({ file: next.file, name })) {
        if (seen.has(used)) continue
        seen.add(used)
        inner.add(used)
        queue.push(used)
      }
    }
  }
  return { exported, inner: [...inner].toSorted((a, b) => (a.name < b.name ? -1 : 1)) }
}
