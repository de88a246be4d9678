/** A number as the sender wrote it. */
export class NumberText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/**
 * Parses a JSON text that is known to be valid and keeps the digits of numbers, which may be more than a number
 * holds. Several times slower than `JSON.parse`.
 */
export function parseKeepingNumbers(text: string): unknown {
  return JSON.parse(text, function revive(_key, value: unknown, context?: { readonly source?: string }) {
    return typeof value === 'number' ? new NumberText(context?.source ?? String(value)) : value
  })
}
