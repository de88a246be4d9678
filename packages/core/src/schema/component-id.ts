/** Parts of a component id such as `otlp_http/backend`. */
export interface ComponentId {
  readonly type: string
  /** Empty when the id is a bare type. */
  readonly name: string
  /** The id in its plain form, without the white space that was around its parts. */
  readonly id: string
}

const typePattern = /^[a-zA-Z][0-9a-zA-Z_]{0,62}$/
const namePattern = /^[^\p{Z}\p{C}\p{S}]+$/u
const longestNameBytes = 1024

/** Reads a component or pipeline id (CFG-20, CFG-21). Returns what is wrong with it as a sentence otherwise. */
export function parseComponentId(text: string): ComponentId | string {
  const slash = text.indexOf('/')
  const type = (slash < 0 ? text : text.slice(0, slash)).trim()
  if (slash < 0 && type === '') return 'id must not be empty'
  const quoted = JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)
  if (type === '') return `in ${quoted} id: the part before / should not be empty`
  if (!typePattern.test(type)) return `in ${quoted} id: invalid character(s) in type`
  if (slash < 0) return { type, name: '', id: type }
  const name = text.slice(slash + 1).trim()
  if (name === '') return `in ${quoted} id: the part after / should not be empty`
  if (Buffer.byteLength(name) > longestNameBytes) return `in ${quoted} id: name is longer than 1024 bytes`
  if (!namePattern.test(name)) return `in ${quoted} id: invalid character(s) in name`
  return { type, name, id: `${type}/${name}` }
}

/** The id that a text was probably meant to be. */
export function meantId(text: string): string | undefined {
  const [type = '', ...names] = text.slice(0, longestNameBytes).split('/')
  const cleanType = type
    .trim()
    .replaceAll(/[^0-9a-zA-Z_]/g, '_')
    .replace(/^[0-9_]+/, '')
  const name = names
    .join('/')
    .trim()
    .replaceAll(/[\p{Z}\p{C}\p{S}]+/gu, '-')
  const id = name === '' ? cleanType : `${cleanType}/${name}`
  return id !== text && typeof parseComponentId(id) !== 'string' ? id : undefined
}
