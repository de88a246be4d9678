import { membersOf } from './json-scan.ts'

/**
 * Sets members of the object that a JSON text is, and leaves every other byte as it is: no number, no escape and no
 * order changes. A member that is there already gets the new value; others come behind the last one.
 *
 * @param json the text of an object, which has been parsed before
 * @param members names and values; `null` takes the place of a value that is there and is not added otherwise
 */
export function setJsonMembers(json: Uint8Array, members: ReadonlyMap<string, string | null>): Uint8Array {
  const present = membersOf(json)
  const pieces: Uint8Array[] = []
  let from = 0
  for (const { name, value } of present) {
    const text = members.get(name)
    if (text === undefined) continue
    pieces.push(json.subarray(from, value.start), Buffer.from(JSON.stringify(text)))
    from = value.end
  }
  const added = [...members].filter(
    ([name, text]) => text !== null && !present.some((member) => member.name === name),
  )
  if (added.length > 0) {
    const end = present.at(-1)?.value.end ?? json.lastIndexOf(closeBrace)
    const text = added.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')
    pieces.push(json.subarray(from, end), Buffer.from(present.length === 0 ? text : `,${text}`))
    from = end
  }
  pieces.push(json.subarray(from))
  return Buffer.concat(pieces)
}

const closeBrace = 0x7d
