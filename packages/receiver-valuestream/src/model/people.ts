import { attribute } from '../attributes.ts'
import type { Draft } from './draft.ts'
import type { Workshop } from './workshop.ts'

/** What a source tells about a person; any value, of which texts and numbers count. */
export interface Person {
  readonly id?: unknown
  readonly login?: unknown
  readonly name?: unknown
  readonly email?: unknown
}

/** Names and addresses, only where the settings ask for them (`valuestream.md` chapter 7). */
export function addPerson(draft: Draft, { id, login, name, email }: Person, { options }: Workshop): void {
  if (!options.includeUserAttributes) return
  // ValueStream's tag of that name is the same id, as the source spells it.
  if (!draft.has(attribute.userId)) draft.set(attribute.userId, typeof id === 'number' ? String(id) : id)
  draft
    .set(attribute.userName, login ?? name)
    .set(attribute.userFullName, name)
    .set(attribute.userEmail, email)
}
