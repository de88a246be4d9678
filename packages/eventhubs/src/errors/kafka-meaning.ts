/** What an error of the Kafka endpoint corresponds to among those of AMQP (`eventhubs.md` section 7). */
const codes: ReadonlyMap<string, string> = new Map([
  ['MESSAGE_TOO_LARGE', 'MessageTooLargeError'],
  ['RECORD_LIST_TOO_LARGE', 'MessageTooLargeError'],
  ['INVALID_RECORD', 'ArgumentError'],
  ['CORRUPT_MESSAGE', 'ServiceUnavailableError'],
  ['POLICY_VIOLATION', 'ServerBusyError'],
  ['THROTTLING_QUOTA_EXCEEDED', 'ServerBusyError'],
  ['TOPIC_AUTHORIZATION_FAILED', 'UnauthorizedError'],
  ['GROUP_AUTHORIZATION_FAILED', 'UnauthorizedError'],
  ['CLUSTER_AUTHORIZATION_FAILED', 'UnauthorizedError'],
  ['SASL_AUTHENTICATION_FAILED', 'UnauthorizedError'],
  ['REQUEST_TIMED_OUT', 'ServiceUnavailableError'],
])

/** The code of the SDK of Azure that means the same; `undefined` if this is no error of Kafka. */
export function kafkaMeaning(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  if (!error.code.startsWith('PLT_KFK_')) return undefined
  if (error.code === 'PLT_KFK_AUTHENTICATION') return 'UnauthorizedError'
  if (error.code === 'PLT_KFK_TIMEOUT') return 'ServiceUnavailableError'
  // A connection that was refused for its password fails, and that is only the cause.
  if (error.code === 'PLT_KFK_NETWORK') return kafkaMeaning(error.cause) ?? 'ECONNRESET'
  const id = 'apiId' in error && typeof error.apiId === 'string' ? error.apiId : ''
  return codes.get(id) ?? 'HUB_FAILED'
}
