import { createHash } from 'node:crypto'

import type { StorageOwner } from '@spanloom/core'

/** File systems take 255 bytes; SQLite and a damaged file's mark need some of them. */
const maxLength = 180

/**
 * Name of the file of an owner: kind, type, name and pipeline joined by `_`, everything outside `A-Za-z0-9._-` as `~`
 * and 4 hex digits (`collector-conventions.md` section 11). It cannot lead out of its folder. The ending keeps it apart
 * from files that belong to another one, such as its log, and from those of another collector.
 */
export function fileNameOf({ kind, id, pipeline }: StorageOwner): string {
  const parts = [kind, ...partsOf(id), ...(pipeline === undefined ? [] : partsOf(pipeline))]
  const name = parts.join('_').replaceAll(/[^A-Za-z0-9._-]/g, escaped)
  if (name.length <= maxLength) return `${name}.db`
  const digest = createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32)
  return `${name.slice(0, maxLength - digest.length - 1)}~${digest}.db`
}

/** How an owner is called in messages, and in its file. */
export function describeOwner({ kind, id, pipeline }: StorageOwner): string {
  return pipeline === undefined ? `${kind} ${id}` : `${kind} ${id} in pipeline ${pipeline}`
}

/** Type and name; the name may hold more slashes. */
function partsOf(id: string): readonly string[] {
  const slash = id.indexOf('/')
  return slash < 0 ? [id] : [id.slice(0, slash), id.slice(slash + 1)]
}

/** In the regular expression without the flag `u` a match is one 16-bit unit. */
const escaped = (unit: string): string => `~${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
