/** What a link is attached to (eventhubs.md 3.2 to 3.5). */
export type Address =
  | { readonly kind: 'cbs' | 'management' }
  | { readonly kind: 'hub'; readonly hub: string; readonly partition?: string }
  | { readonly kind: 'reader'; readonly hub: string; readonly group: string; readonly partition: string }

/** Reads the address of a link: a path, with or without scheme and host. Undefined when it is none of ours. */
export function parseAddress(address: unknown): Address | undefined {
  if (typeof address !== 'string') return undefined
  const path = pathOf(address)
  const parts = path.split('/')
  const [hub = '', second, third, fourth, fifth] = parts
  if (path === '$cbs') return { kind: 'cbs' }
  if (path === '$management' || (parts.length === 2 && second === '$management'))
    return { kind: 'management' }
  if (hub === '') return undefined
  if (parts.length === 1) return { kind: 'hub', hub }
  if (parts.length === 3 && isWord(second, 'partitions') && third !== undefined) {
    return { kind: 'hub', hub, partition: third }
  }
  return parts.length === 5 &&
    isWord(second, 'consumergroups') &&
    isWord(fourth, 'partitions') &&
    third !== undefined &&
    fifth !== undefined
    ? { kind: 'reader', hub, group: third, partition: fifth }
    : undefined
}

/** The path of an address or audience, without scheme, host and outer slashes. */
export function pathOf(address: string): string {
  return address.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/^\/+|\/+$/g, '')
}

function isWord(part: string | undefined, word: string): boolean {
  return part?.toLowerCase() === word
}
