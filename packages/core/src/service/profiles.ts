import type { AssemblyProfile } from '../component/profile.ts'
import type { Registry } from '../component/registry.ts'
import { StartError } from '../errors/errors.ts'

/**
 * Adds the assembly profiles of all registered receivers to `known`, by name. Only the profiles are loaded, not the
 * receivers.
 *
 * @throws StartError when two receivers claim one name; then `known` is as before.
 */
export async function addProfiles(known: Map<string, AssemblyProfile>, { entries }: Registry): Promise<void> {
  const added = new Map<string, AssemblyProfile>()
  const owners = new Map<string, string>()
  const all = await Promise.all(
    entries.map(async (entry) => ({ entry, profiles: (await entry.profiles?.()) ?? {} })),
  )
  for (const { entry, profiles } of all) {
    for (const [name, profile] of Object.entries(profiles)) {
      const owner = `"${entry.type}" of ${entry.module}`
      const other = added.get(name) ?? known.get(name)
      if (other !== undefined && other !== profile) {
        const rival = owners.get(name) ?? 'one that ran before'
        throw new StartError(
          'PROFILE_CLAIMED_TWICE',
          `Two receivers claim the assembly profile "${name}": ${rival}, and ${owner}.`,
        )
      }
      owners.set(name, owner)
      added.set(name, profile)
    }
  }
  for (const [name, profile] of added) known.set(name, profile)
}
