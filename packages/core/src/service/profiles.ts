import type { AssemblyProfile } from '../component/profile.ts'
import type { Registry } from '../component/registry.ts'

/**
 * The assembly profiles of all registered receivers, by name. Only the profiles are loaded, not the
 * receivers.
 *
 * @throws TypeError when two receivers claim one name.
 */
export async function loadProfiles({ entries }: Registry): Promise<ReadonlyMap<string, AssemblyProfile>> {
  const all = await Promise.all(entries.map(async (entry) => (await entry.profiles?.()) ?? {}))
  const byName = new Map<string, AssemblyProfile>()
  for (const profiles of all) {
    for (const [name, profile] of Object.entries(profiles)) {
      const known = byName.get(name)
      if (known !== undefined && known !== profile) {
        throw new TypeError(`Two receivers claim the assembly profile "${name}".`)
      }
      byName.set(name, profile)
    }
  }
  return byName
}
