import { jsonDepthExceeds } from '@spanloom/core'

import { type Pointer, resolvePointer } from '../message/json-pointer.ts'
import { NumberText, parseKeepingNumbers } from '../message/number-text.ts'

const maxDepth = 64

/** A text or the digits of a number at a pointer of a JSON body; `undefined` for everything else. Never throws. */
export function idInBody(body: Buffer, pointer: Pointer): string | undefined {
  const root = parseBody(body)
  const value = root === undefined ? undefined : resolvePointer(root, pointer)
  if (typeof value === 'string' && value !== '') return value
  if (typeof value !== 'number') return undefined
  const exact = resolvePointer(parseKeepingNumbers(withoutMark(body.toString('utf8'))), pointer)
  return exact instanceof NumberText ? exact.text : undefined
}

/** The value at a pointer of a JSON body. Never throws. */
export function valueInBody(body: Buffer, pointer: Pointer): unknown {
  return resolvePointer(parseBody(body), pointer)
}

function parseBody(body: Buffer): unknown {
  if (jsonDepthExceeds(body, maxDepth)) return undefined
  try {
    const value: unknown = JSON.parse(withoutMark(body.toString('utf8')))
    return value
  } catch {
    return undefined
  }
}

const withoutMark = (text: string): string => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
