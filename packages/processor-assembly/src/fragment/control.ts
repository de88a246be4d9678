/** The attributes that steer the assembler and never leave it (`assembly.md` section 1). */
export const control = {
  key: 'spanloom.key',
  parentKey: 'spanloom.parent.key',
  alias: 'spanloom.alias',
  rank: 'spanloom.rank',
  eventId: 'spanloom.event.id',
  assumed: 'spanloom.assumed',
  group: 'spanloom.group',
  close: 'spanloom.close',
  profile: 'spanloom.profile',
} as const

/** The control attribute of a link. */
export const linkKey = 'spanloom.link.key'

/** The attributes that the assembler puts on its spans (`assembly.md` sections 4 to 7). */
export const mark = {
  incomplete: 'spanloom.incomplete',
  fragments: 'spanloom.fragments',
  clamped: 'spanloom.timing.clamped',
  reportedEnd: 'spanloom.timing.reported_end',
  parentIgnored: 'spanloom.parent.ignored',
  late: 'spanloom.late',
  linkReason: 'spanloom.link.reason',
  supersededEvent: 'spanloom.superseded',
  fragment: 'spanloom.fragment',
  name: 'spanloom.name',
  statusCode: 'spanloom.status.code',
  statusMessage: 'spanloom.status.message',
} as const

/** Which control attribute a key names. */
export type ControlName = (typeof control)[keyof typeof control]

/** A control attribute's key, without its prefix in bytes, too. */
interface ControlKey<Name extends string> {
  readonly name: Name
  readonly rest: Buffer
}

/** `spanloom.`, with which every control attribute begins. */
const prefix = Buffer.from('spanloom.')

function controlKey<Name extends string>(name: Name): ControlKey<Name> {
  return { name, rest: Buffer.from(name.slice(prefix.length)) }
}

const controlKeys = Object.values(control).map(controlKey)
const keyOfLinks = controlKey(linkKey)

/** Those of one length together, at the place of that length. */
const controlKeysByLength = Array.from(
  { length: 1 + Math.max(...controlKeys.map(({ name }) => name.length)) },
  (_, length) => controlKeys.filter(({ name }) => name.length === length),
)

/** Length of the shortest and the longest key that can be a control attribute or a link's. */
const lengths = [...controlKeys, keyOfLinks].map(({ name }) => name.length)
const shortest = Math.min(...lengths)
const longest = Math.max(...lengths)

/**
 * Whether the key in this range may be a control attribute. Answers almost always after one comparison, which is
 * what lets whole batches pass at the speed of reading tags.
 */
export function mayBeControl(buffer: Buffer, start: number, end: number): boolean {
  const length = end - start
  if (length < shortest || length > longest) return false
  // The dot differs from all keys of semantic conventions at this place sooner than the first letter does.
  if (buffer[start + 8] !== 0x2e) return false
  for (let index = 0; index < 8; index++) if (buffer[start + index] !== prefix[index]) return false
  return true
}

/** Which control attribute the key in a range is for which {@link mayBeControl} holds; undefined for none. */
export function controlAt(buffer: Buffer, start: number, end: number): ControlName | undefined {
  for (const key of controlKeysByLength[end - start] ?? none)
    if (isKey(buffer, start, end, key)) return key.name
  return undefined
}

/** Whether the key in this range names the key of a link's target. */
export function isLinkKey(buffer: Buffer, start: number, end: number): boolean {
  return mayBeControl(buffer, start, end) && isKey(buffer, start, end, keyOfLinks)
}

/** From the end, where the keys of one length differ. */
function isKey(buffer: Buffer, start: number, end: number, { rest }: ControlKey<string>): boolean {
  const from = start + prefix.length
  if (end - from !== rest.length) return false
  for (let index = rest.length - 1; index >= 0; index--)
    if (buffer[from + index] !== rest[index]) return false
  return true
}

const none: readonly ControlKey<ControlName>[] = []
