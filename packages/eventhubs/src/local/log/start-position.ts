import type { PartitionLog } from './partition-log.ts'

/** Where a reader wants to begin (eventhubs.md 3.5). */
export type StartPosition =
  | { readonly kind: 'earliest' | 'latest' }
  | { readonly kind: 'offset' | 'sequence'; readonly value: number; readonly inclusive: boolean }
  | { readonly kind: 'time'; readonly ms: number }

const selectorPattern = /^amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time)\s*(>=?)\s*'([^']*)'$/

/**
 * Reads the selector of a link. Without one the reader begins at the start, as at the service.
 * Undefined when the text is no selector of an event hub.
 */
export function parseSelector(selector: string | undefined): StartPosition | undefined {
  if (selector === undefined) return { kind: 'earliest' }
  const match = selectorPattern.exec(selector.trim())
  if (match === null) return undefined
  const [, field, operator, value = ''] = match
  const inclusive = operator === '>='
  if (field === 'offset' && value === '@latest') return { kind: 'latest' }
  if (field === 'offset' && value === '-1') return { kind: 'earliest' }
  if (!/^-?\d{1,15}$/.test(value)) return undefined
  const number = Number(value)
  if (field === 'enqueued-time') return { kind: 'time', ms: inclusive ? number - 1 : number }
  return { kind: field === 'offset' ? 'offset' : 'sequence', value: number, inclusive }
}

/** The sequence number of the first event to deliver. */
export function firstSequence(log: PartitionLog, position: StartPosition): number {
  switch (position.kind) {
    case 'earliest':
      return log.first
    case 'latest':
      return log.next
    case 'offset': {
      const { value, inclusive } = position
      return log.findFirst(({ offset }) => offset > value || (inclusive && offset === value))
    }
    case 'sequence': {
      const { value, inclusive } = position
      return log.findFirst(
        ({ sequenceNumber }) => sequenceNumber > value || (inclusive && sequenceNumber === value),
      )
    }
    case 'time': {
      const { ms } = position
      return log.findFirst(({ enqueuedTime }) => enqueuedTime > ms)
    }
  }
}
