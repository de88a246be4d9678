import rhea from 'rhea'

import { checkSharedAccessSignature, covers, type TokenVerdict } from '../auth/shared-access.ts'
import type { Namespace } from '../namespace.ts'
import { type AmqpMessage, applicationProperties } from './library.ts'

/** Tokens that a connection has put, by the path they admit to. */
export class Grants {
  readonly #expiries = new Map<string, number>()
  #everything = false

  /** Admits the connection to everything: it proved the key itself (SASL PLAIN). */
  grantAll(): void {
    this.#everything = true
  }

  grant(audience: string, expiresAt: number): void {
    // A connection needs a token for each link; a peer that puts thousands of names wants only our memory.
    if (this.#expiries.size < 10_000 || this.#expiries.has(audience)) this.#expiries.set(audience, expiresAt)
  }

  admits(address: string, now: number): boolean {
    if (this.#everything) return true
    for (const [audience, expiresAt] of this.#expiries) {
      if (expiresAt > now && covers(audience, address)) return true
    }
    return false
  }
}

/** Answers put-token (eventhubs.md 3.2): signatures are verified, other bearer tokens accepted. */
export function answerPutToken(request: AmqpMessage, grants: Grants, namespace: Namespace): AmqpMessage {
  const properties = applicationProperties(request)
  const name = properties.get('name')
  const type = properties.get('type')
  const fault = namespace.faults.tokens.take()
  if (fault !== undefined) return answer(request, fault.status, fault.description)
  if (properties.get('operation') !== 'put-token' || typeof name !== 'string') {
    return answer(request, 400, 'This is no put-token with an audience in the property "name".')
  }
  const verdict = judge(request['body'], type, name, namespace)
  if (!verdict.ok)
    return answer(request, 401, `Unauthorized: the token is refused because ${verdict.reason}.`)
  grants.grant(name, verdict.expiresAt)
  return answer(request, 202, 'Accepted')
}

function judge(token: unknown, type: unknown, audience: string, namespace: Namespace): TokenVerdict {
  if (typeof token !== 'string' || token === '') return { ok: false, reason: 'its body is no text' }
  // Nobody here can check an Entra token; whoever shows one is let in, for as long as the process lives.
  if (type === 'jwt') return { ok: true, expiresAt: Infinity }
  return checkSharedAccessSignature(token, audience, namespace.policy, namespace.clock.now())
}

/** The answer to a request over `$cbs` or `$management`. */
export function answer(
  request: AmqpMessage,
  status: number,
  description: string,
  body?: unknown,
  more: Readonly<Record<string, unknown>> = {},
): AmqpMessage {
  return {
    correlation_id: request['correlation_id'] ?? request['message_id'],
    to: request['reply_to'],
    application_properties: {
      'status-code': rhea.types.wrap_int(status),
      'status-description': description,
      ...more,
    },
    body,
  }
}
