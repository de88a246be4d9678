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

const controlNames: ReadonlySet<string> = new Set(Object.values(control))

/** Which control attribute a key names. */
export type ControlName = (typeof control)[keyof typeof control]

/** Whether an attribute of that key steers the assembler. */
export function isControl(key: string): key is ControlName {
  return controlNames.has(key)
}

/** `spanloom.`, with which every control attribute begins. */
const prefix = Buffer.from('spanloom.')

/** Length of the shortest and the longest key that can be a control attribute or a link's. */
const shortest = Math.min(...[...controlNames, linkKey].map((name) => name.length))
const longest = Math.max(...[...controlNames, linkKey].map((name) => name.length))

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
