import type { KeyedIndex } from '@spanloom/core'

const prefix = 'endpoint:'

/** Numbers that stand for endpoints in the queue. */
export interface Destinations {
  readonly numberOf: ReadonlyMap<string, number>
  /** Names of endpoints of earlier configurations, by their number. */
  readonly former: ReadonlyMap<number, string>
}

/**
 * The number of each endpoint: the one that the storage knows by its name, else a new one, so that what is stored
 * stays with its endpoint however the configuration is rearranged.
 */
export async function assignDestinations(names: readonly string[], index: KeyedIndex): Promise<Destinations> {
  const known = new Map<string, number>()
  for await (const page of index.entries(prefix)) {
    for (const { key, value } of page)
      known.set(key.slice(prefix.length), Number(Buffer.from(value).toString()))
  }
  let last = Math.max(0, ...known.values())
  const added = names.filter((name) => !known.has(name)).map((name) => [name, ++last] as const)
  if (added.length > 0) {
    await index.put(
      added.map(([name, number]) => ({ key: prefix + name, value: Buffer.from(String(number)) })),
    )
  }
  const all = new Map([...known, ...added])
  const wanted = new Set(names)
  return {
    numberOf: new Map(names.map((name) => [name, all.get(name) ?? 0])),
    former: new Map([...known].filter(([name]) => !wanted.has(name)).map(([name, number]) => [number, name])),
  }
}
