import { PermanentError, RetryableError, ThrottleError, type SpanloomError } from '@spanloom/core'

import { kafkaMeaning } from './kafka-meaning.ts'

/** An error of a hub in our own classes. */
export type HubError = PermanentError | RetryableError | ThrottleError

/** What a kind of error of the hub means to us (`eventhubs.md` section 7). */
interface Meaning {
  readonly code: string
  readonly text: string
  readonly hint?: string
  readonly as: 'permanent' | 'retry' | 'throttle'
  readonly retryAfterMs?: number
}

/** The service asks for at least four seconds of silence after it was busy. */
const busyMs = 4_000
/** Connections and readers are freed slowly. */
const exhaustedMs = 30_000

const meanings: ReadonlyMap<string, Meaning> = new Map(
  Object.entries({
    ServerBusyError: {
      code: 'HUB_BUSY',
      text: 'The event hub is busy: its throughput is exceeded.',
      as: 'throttle',
      retryAfterMs: busyMs,
    },
    SenderBusyError: {
      code: 'HUB_LINK_BUSY',
      text: 'The link to the event hub takes no more at the moment.',
      as: 'retry',
    },
    InsufficientCreditError: {
      code: 'HUB_LINK_BUSY',
      text: 'The link to the event hub takes no more at the moment.',
      as: 'retry',
    },
    ServiceUnavailableError: {
      code: 'HUB_TIMEOUT',
      text: 'The event hub did not answer in time.',
      as: 'retry',
    },
    OperationTimeoutError: {
      code: 'HUB_TIMEOUT',
      text: 'The event hub did not answer in time.',
      as: 'retry',
    },
    InternalServerError: {
      code: 'HUB_INTERNAL',
      text: 'The event hub reported an internal error.',
      as: 'retry',
    },
    DetachForcedError: { code: 'HUB_DISCONNECTED', text: 'The event hub closed the link.', as: 'retry' },
    ConnectionForcedError: {
      code: 'HUB_DISCONNECTED',
      text: 'The event hub closed the connection, or none could be made.',
      as: 'retry',
    },
    UnauthorizedError: {
      code: 'HUB_UNAUTHORIZED',
      text: 'The event hub refuses the credentials.',
      hint: 'Check the key, or the role and the clock of this machine. New keys are tried again.',
      as: 'retry',
    },
    MessagingEntityNotFoundError: {
      code: 'HUB_NOT_FOUND',
      text: 'The event hub, consumer group or partition does not exist.',
      hint: 'Check event_hub.name, the EntityPath of the connection string and the group.',
      as: 'permanent',
    },
    QuotaExceededError: {
      code: 'HUB_EXHAUSTED',
      text: 'The event hub has no room for another connection or reader.',
      as: 'retry',
      retryAfterMs: exhaustedMs,
    },
    MessageTooLargeError: {
      code: 'EVENT_TOO_LARGE',
      text: 'The batch is larger than the event hub allows.',
      as: 'permanent',
    },
    InvalidOperationError: {
      code: 'HUB_REFUSED',
      text: 'The event hub does not allow this.',
      as: 'permanent',
    },
    ArgumentError: {
      code: 'HUB_REFUSED',
      text: 'The event hub does not accept this event.',
      as: 'permanent',
    },
    ArgumentOutOfRangeError: {
      code: 'HUB_REFUSED',
      text: 'The event hub does not accept this event.',
      as: 'permanent',
    },
    InvalidFieldError: {
      code: 'HUB_REFUSED',
      text: 'The event hub does not accept this event.',
      as: 'permanent',
    },
    ReceiverDisconnectedError: {
      code: 'PARTITION_LOST',
      text: 'Another reader took the partition.',
      as: 'retry',
    },
  } satisfies Record<string, Meaning>),
)

const systemFault: Meaning = {
  code: 'HUB_UNREACHABLE',
  text: 'The event hub cannot be reached.',
  as: 'retry',
}
const anyOther: Meaning = { code: 'HUB_FAILED', text: 'Talking to the event hub failed.', as: 'retry' }

/**
 * Puts whatever a client threw into our classes. What is not known can be tried again: data sent twice is better than
 * data lost. The message holds none of the client's own text, which may quote tokens; that is the `cause`, masked.
 */
export function toHubError(error: unknown): HubError {
  if (isOurs(error)) return error
  const last = lastOf(error)
  if (isOurs(last)) return last
  const code = kafkaMeaning(last) ?? codeOf(last) ?? ''
  const meaning = meanings.get(code) ?? (systemCode.test(code) ? systemFault : anyOther)
  const options = { cause: maskedCause(last), ...(meaning.hint === undefined ? {} : { hint: meaning.hint }) }
  if (meaning.as === 'permanent') return new PermanentError(meaning.code, meaning.text, options)
  const wait = meaning.retryAfterMs === undefined ? {} : { retryAfterMs: meaning.retryAfterMs }
  return meaning.as === 'throttle'
    ? new ThrottleError(meaning.code, meaning.text, { ...options, ...wait, grpcStatus: 8 })
    : new RetryableError(meaning.code, meaning.text, { ...options, ...wait })
}

/** The code that the SDK of Azure gave to an error, that of the last attempt if there were several. */
export function hubErrorCode(error: unknown): string | undefined {
  return codeOf(lastOf(error))
}

/** Takes what may be secret out of a client's message. */
export function maskSecrets(text: string): string {
  return text
    .replaceAll(
      /(SharedAccessKey|SharedAccessSignature|AccountKey|client_secret|client_assertion|password)(\s*[=:]\s*)[^;\s&]+/gi,
      '$1$2[REDACTED]',
    )
    .replaceAll(/\b(sig|se|skn|sr)=[^&;\s]+/gi, '$1=[REDACTED]')
    .replaceAll(/(Bearer\s+)\S+/gi, '$1[REDACTED]')
    .replaceAll(/\beyJ[\w-]{10,}(\.[\w-]*)*/g, '[REDACTED]')
}

/** After several attempts the SDK of Azure throws all errors together; the last one counts. */
function lastOf(error: unknown): unknown {
  let last = error
  for (let depth = 0; last instanceof AggregateError && last.errors.length > 0 && depth < 5; depth++) {
    const inner: unknown = last.errors.at(-1)
    last = inner
  }
  return last
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

function isOurs(error: unknown): error is HubError {
  return error instanceof PermanentError || error instanceof RetryableError
}

const systemCode =
  /^(E[A-Z_]{3,}|UND_ERR_\w+|CERT_\w+|ERR_(TLS|SSL|SOCKET)_?\w*|DEPTH_ZERO\w*|SELF_SIGNED\w*|UNABLE_TO\w*)$/

/** The client's own error as far as it may be shown: its name, code and text without secrets. */
function maskedCause(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(maskSecrets(String(error)).slice(0, 300))
  const masked = new Error(maskSecrets(error.message).slice(0, 300))
  masked.name = error.name
  const code = codeOf(error)
  return code === undefined ? masked : Object.assign(masked, { code })
}

/** Whether the error says that the hub or group is not there at all. */
export function isNotFound(error: SpanloomError): boolean {
  return error.code === 'HUB_NOT_FOUND'
}
