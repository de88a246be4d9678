import type { AttributeValue } from '@spanloom/core'

import type { Draft } from '../model/draft.ts'
import { isFilledObject, objectOf } from '../model/fields.ts'

/** Names that steer the assembler, which a sender must not. */
const reserved = 'spanloom.'
const maxEntries = 1_000

/** The entries of `metadata` as attributes (`valuestream.md` section 3.4). */
export function addMetadata(draft: Draft, metadata: unknown): void {
  for (const [name, value] of Object.entries(objectOf(metadata)).slice(0, maxEntries)) {
    if (name === '' || name === '__proto__' || name.toLowerCase().startsWith(reserved)) continue
    const list = Array.isArray(value) ? listValue(value) : undefined
    if (list !== undefined) draft.put(name, list)
    else draft.set(name, isFilledObject(value) ? JSON.stringify(value) : value)
  }
}

/** A list of one type as it is, any other as JSON text. */
function listValue(list: readonly unknown[]): AttributeValue | undefined {
  if (list.length === 0) return undefined
  return isUniform(list) ? list : JSON.stringify(list)
}

function isUniform(list: readonly unknown[]): list is readonly (string | number | boolean)[] {
  const type = typeof list[0]
  const simple = type === 'string' || type === 'number' || type === 'boolean'
  return simple && list.every((value) => typeof value === type)
}
