import type { Attributes, AttributeValue, Span } from '@spanloom/core'

import { valueText } from './data.ts'
import { type EventPlan, isOfInvictus, type PlannedEvent } from './event-plan.ts'
import type { FlowError } from './flow-event.ts'

/** What the error of an end is made of. */
export interface ErrorSource {
  readonly span: Span
  readonly attributes: Attributes
  readonly plan: EventPlan
}

/** Longest description that the Dashboard shows, in code points. */
const longestDescription = 500

/** An error of these parts; `undefined` when there is neither. */
export function errorOf(
  code: AttributeValue | undefined,
  description: AttributeValue | undefined,
): FlowError | undefined {
  const [codeText, told] = [textOf(code), textOf(description)]
  if (codeText === undefined && told === undefined) return undefined
  const text = told === undefined ? undefined : shortened(told)
  return {
    ...(codeText === undefined ? {} : { Code: codeText }),
    ...(text === undefined ? {} : { Description: text, Message: text }),
  }
}

/** The error of the event that ends a span (rule E of `invictus.md` section 9.2). */
export function endError(
  { status, exception }: PlannedEvent,
  { span, attributes, plan }: ErrorSource,
): FlowError | undefined {
  const failed = status === 'Failed'
  const type = textOf(attributes['error.type'])
  const code = type === '_OTHER' ? undefined : type
  const message = span.status.message
  if (isOfInvictus(attributes)) {
    if (exception !== undefined) {
      return errorOf(exception.attributes['exception.type'], exception.attributes['exception.message'])
    }
    return failed ? errorOf(code, message === code ? undefined : message) : undefined
  }
  const ownCode = textOf(attributes['invictus.error.code'])
  const ownDescription = textOf(attributes['invictus.error.description'])
  if (!failed && ownCode === undefined && ownDescription === undefined) return undefined
  const last = failed ? plan.exception?.attributes : undefined
  return errorOf(
    ownCode ?? code ?? last?.['exception.type'],
    ownDescription ?? textOf(message) ?? last?.['exception.message'],
  )
}

/** Cut between code points, so that no half of a pair remains. */
function shortened(text: string): string {
  if (text.length <= longestDescription) return text
  return Array.from(text.slice(0, 2 * longestDescription + 1))
    .slice(0, longestDescription)
    .join('')
}

function textOf(value: AttributeValue | undefined): string | undefined {
  if (value === undefined || value === null) return undefined
  const text = valueText(value)
  return text === '' ? undefined : text
}
