import { StartError } from '../errors/errors.ts'
import type { ExtensionMember } from './member.ts'

/**
 * Extensions as listed, but dependencies first (RUN-01).
 *
 * @throws StartError when one needs another that is not listed, or two need each other.
 */
export function inStartOrder(
  listed: ReadonlyMap<string, ExtensionMember>,
): ReadonlyMap<string, ExtensionMember> {
  const order = new Map<string, ExtensionMember>()
  const visit = (id: string, path: readonly string[]): void => {
    if (order.has(id)) return
    if (path.includes(id)) {
      throw new StartError('EXTENSION_CYCLE', `extensions need each other: ${[...path, id].join(' -> ')}`)
    }
    const member = listed.get(id)
    if (member === undefined) {
      throw new StartError(
        'EXTENSION_MISSING',
        `extension "${path.at(-1) ?? ''}" needs extension "${id}", which is not running`,
        { hint: 'List it in service::extensions.' },
      )
    }
    for (const dependency of member.component.dependencies ?? []) visit(dependency, [...path, id])
    order.set(id, member)
  }
  for (const id of listed.keys()) visit(id, [])
  return order
}
