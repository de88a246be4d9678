import {
  CloudEventError,
  type CloudEvent,
  type DecodeOptions,
  type EventData,
  type EventValue,
} from './event.ts'

/** Characters of one attribute value at most: that of a whole event which everybody must forward (C-SIZE-1). */
export const maxAttributeLength = 65_536

const int32 = 2_147_483_648

/** Gathers the context attributes of one event, whatever it is encoded in, and checks them (section 2). */
export class AttributeCollector {
  readonly #strict: boolean
  readonly #attributes = new Map<string, EventValue>()
  #ignored: number = 0

  constructor({ validation }: DecodeOptions) {
    this.#strict = validation === 'strict'
  }

  /** Whether none of the four mandatory attributes was seen. */
  get isNoEvent(): boolean {
    const known = this.#attributes
    return !known.has('id') && !known.has('source') && !known.has('type') && !known.has('specversion')
  }

  /** Takes one attribute; `null` stands for unset. */
  add(name: string, value: unknown): void {
    if (value === null || value === undefined) return
    if (!isName(name)) {
      this.#refuse(
        'invalid_attribute_name',
        `the attribute name ${shown(name)} may only have the characters a-z and 0-9`,
      )
      this.#ignored++
      return
    }
    if (this.#attributes.has(name)) {
      throw new CloudEventError('duplicate_attribute', `the attribute ${shown(name)} appears twice`)
    }
    if (typeof value === 'string') this.#addText(name, value)
    else if (typeof value === 'boolean' || typeof value === 'number') this.#addScalar(name, value)
    else {
      this.#refuse(
        'invalid_attribute_value',
        `the attribute ${shown(name)} is neither text, integer nor boolean`,
      )
      this.#ignored++
    }
  }

  /** An attribute that has no place where it stands. */
  ignore(name: string, why: string): void {
    this.#refuse('invalid_attribute_name', `the attribute ${shown(name)} ${why}`)
    this.#ignored++
  }

  /** The event. @throws CloudEventError when a mandatory attribute is missing or the version is not known */
  finish(data: EventData | undefined): CloudEvent {
    const specversion = this.#required('specversion')
    const id = this.#required('id')
    const source = this.#required('source')
    const type = this.#required('type')
    if (this.#strict) {
      if (!/^1(\.\d+)*$/.test(specversion)) {
        throw new CloudEventError('unsupported_specversion', 'only the specversion 1.0 is supported')
      }
      checkForms(this.#attributes)
    }
    return { id, source, type, specversion, attributes: this.#attributes, data, ignored: this.#ignored }
  }

  #addText(name: string, value: string): void {
    if (value.length > maxAttributeLength) {
      throw new CloudEventError(
        'attribute_too_large',
        `the attribute ${shown(name)} is longer than ${maxAttributeLength} characters`,
      )
    }
    if (this.#strict && hasForbidden(value)) {
      throw new CloudEventError(
        'invalid_attribute_value',
        `the attribute ${shown(name)} holds a control character or no character at all`,
      )
    }
    this.#attributes.set(name, value)
  }

  #addScalar(name: string, value: boolean | number): void {
    if (typeof value === 'number' && !(Number.isInteger(value) && value >= -int32 && value < int32)) {
      this.#refuse('invalid_attribute_value', `the attribute ${shown(name)} is no integer of 32 bits`)
    }
    this.#attributes.set(name, value)
  }

  #required(name: 'id' | 'source' | 'type' | 'specversion'): string {
    const value = this.#attributes.get(name)
    if (typeof value === 'string' && value !== '') return value
    throw new CloudEventError(
      `missing_${name}`,
      `the attribute "${name}" must be there and must be a text that is not empty`,
    )
  }

  #refuse(reason: 'invalid_attribute_name' | 'invalid_attribute_value', message: string): void {
    if (this.#strict) throw new CloudEventError(reason, message)
  }
}

/** Whether it is a name of an attribute: only a-z and 0-9, and not that of the data (C-NAME-1). */
function isName(name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index)
    if (code < 0x30 || code > 0x7a || (code > 0x39 && code < 0x61)) return false
  }
  return name !== '' && name !== 'data'
}

/** What strict validation demands of the attributes that the specification gives a form. */
const forms: readonly (readonly [string, (value: string) => boolean, string])[] = [
  ['source', isUriReference, 'a URI reference'],
  [
    'dataschema',
    (value) => /^[A-Za-z][A-Za-z0-9+.-]*:/.test(value) && isUriReference(value),
    'an absolute URI',
  ],
  ['subject', (value) => value !== '', 'a text that is not empty'],
  ['time', isTimestamp, 'a time as RFC 3339 writes it'],
  ['datacontenttype', (value) => /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;.*)?$/.test(value), 'a media type'],
  ['traceparent', () => true, 'a text'],
  ['tracestate', () => true, 'a text'],
]

function checkForms(attributes: ReadonlyMap<string, EventValue>): void {
  for (const [name, fits, what] of forms) {
    const value = attributes.get(name)
    if (value === undefined || (typeof value === 'string' && fits(value))) continue
    throw new CloudEventError('invalid_attribute_value', `the attribute "${name}" must be ${what}`)
  }
}

function isUriReference(text: string): boolean {
  return /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/.test(text)
}

/** Whether the text is a date and time of RFC 3339, with any number of digits of a second and any offset. */
export function isTimestamp(text: string): boolean {
  const parts = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-](\d\d):(\d\d))$/.exec(
    text,
  )
  if (parts === null) return false
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, offset = 0, more = 0] = parts
    .slice(1)
    .map((part) => Number(part ?? 0))
  if (month < 1 || month > 12 || day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate())
    return false
  return hour < 24 && minute < 60 && second <= 60 && offset < 24 && more < 60
}

/** Whether there is a control character, a noncharacter or half a surrogate pair (C-TYPE-2). */
function hasForbidden(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) return true
  if (!/[\ud800-\uffff]/.test(text)) return false
  return !text.isWellFormed() || /[\ufdd0-\ufdef\ufffe\uffff]|[\p{Noncharacter_Code_Point}]/u.test(text)
}

/** A name as it may stand in a message: short and without surprises. */
function shown(name: string): string {
  return JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name)
}
