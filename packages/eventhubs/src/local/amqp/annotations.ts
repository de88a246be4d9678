import { binaryAt, mapEntries, sectionCode, type Section } from './sections.ts'

/** One annotation, key and value in their AMQP encoding. */
export interface Annotation {
  readonly key: Buffer
  readonly value: Buffer
}

/** Encodes an annotation; the types are those that the service uses (eventhubs.md 3.5). */
export const annotation: {
  long(name: string, value: number): Annotation
  text(name: string, value: string): Annotation
  timestamp(name: string, ms: number): Annotation
} = {
  long: (name, value) => ({ key: symbol(name), value: eightBytes(0x81, value) }),
  text: (name, value) => ({ key: symbol(name), value: text(value) }),
  timestamp: (name, ms) => ({ key: symbol(name), value: eightBytes(0x83, ms) }),
}

/** A whole annotations section with the given descriptor code. */
export function annotationsSection(code: number, entries: readonly Annotation[]): Buffer {
  const size = entries.reduce((sum, { key, value }) => sum + key.length + value.length, 4)
  const head = Buffer.alloc(12)
  head.set([0, 0x53, code, 0xd1])
  head.writeUInt32BE(size, 4)
  head.writeUInt32BE(entries.length * 2, 8)
  return Buffer.concat([head, ...entries.flatMap(({ key, value }) => [key, value])])
}

/** The annotations that a message came with; none when it has no such section. */
export function messageAnnotations(message: Buffer, sections: readonly Section[]): readonly Annotation[] {
  const section = sections.find(({ code }) => code === sectionCode.messageAnnotations)
  return section === undefined ? [] : mapEntries(message, section.valueStart)
}

/** The text of an annotation, if it is there and is text. */
export function textAnnotation(entries: readonly Annotation[], name: string): string | undefined {
  const value = entries.find(({ key }) => nameOf(key) === name)?.value
  return value !== undefined && (value[0] === 0xa1 || value[0] === 0xb1)
    ? binaryAt(value, 0).toString('utf8')
    : undefined
}

/** The name of an annotation; undefined for one that is keyed by a number. */
export function nameOf(key: Buffer): string | undefined {
  return key[0] === 0xa3 || key[0] === 0xb3 ? binaryAt(key, 0).toString('latin1') : undefined
}

/** Encoded names; there are as many as the service has annotations. */
const symbols = new Map<string, Buffer>()

function symbol(name: string): Buffer {
  const known = symbols.get(name)
  if (known !== undefined) return known
  const encoded = Buffer.concat([Buffer.from([0xa3, name.length]), Buffer.from(name, 'latin1')])
  symbols.set(name, encoded)
  return encoded
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8')
  const head = Buffer.alloc(bytes.length > 255 ? 5 : 2)
  if (head.length === 2) head.set([0xa1, bytes.length])
  else {
    head[0] = 0xb1
    head.writeUInt32BE(bytes.length, 1)
  }
  return Buffer.concat([head, bytes])
}

function eightBytes(code: number, value: number): Buffer {
  const bytes = Buffer.alloc(9)
  bytes[0] = code
  const high = Math.floor(value / 2 ** 32)
  bytes.writeInt32BE(high, 1)
  bytes.writeUInt32BE(value - high * 2 ** 32, 5)
  return bytes
}
