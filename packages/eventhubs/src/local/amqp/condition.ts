/** An error as AMQP tells it. */
export interface AmqpCondition {
  readonly condition: string
  readonly description: string
}

/** The errors that the stand-in answers with by itself, as the service words them (eventhubs.md, section 7). */
export const condition: {
  notFound(entity: string): AmqpCondition
  invalid(description: string): AmqpCondition
  notAllowed(description: string): AmqpCondition
  stolen(description: string): AmqpCondition
  readersExceeded(entity: string): AmqpCondition
  unauthorized(entity: string): AmqpCondition
  tooLarge(bytes: number, limit: number): AmqpCondition
  malformed(description: string): AmqpCondition
} = {
  notFound: (entity) => ({
    condition: 'amqp:not-found',
    description: `The messaging entity '${entity}' could not be found.`,
  }),
  invalid: (description) => ({ condition: 'com.microsoft:argument-error', description }),
  notAllowed: (description) => ({ condition: 'amqp:not-allowed', description }),
  stolen: (description) => ({ condition: 'amqp:link:stolen', description }),
  readersExceeded: (entity) => ({
    condition: 'amqp:resource-limit-exceeded',
    description: `'${entity}' has five readers without an epoch, and more are not allowed.`,
  }),
  unauthorized: (entity) => ({
    condition: 'amqp:unauthorized-access',
    description: `No token was put that covers '${entity}'.`,
  }),
  tooLarge: (bytes, limit) => ({
    condition: 'amqp:link:message-size-exceeded',
    description: `The message has ${bytes} bytes; the limit is ${limit}.`,
  }),
  malformed: (description) => ({ condition: 'amqp:decode-error', description }),
}
