import { timingSafeEqual } from 'node:crypto'

import { parseConnectionString } from '../../connection/connection-string.ts'
import { checkSharedAccessSignature } from '../auth/shared-access.ts'
import type { Namespace } from '../namespace.ts'
import { errorCode } from './api.ts'
import type { KafkaRequest } from './endpoint.ts'
import { WireWriter } from './wire-writer.ts'

const mechanisms = ['PLAIN', 'OAUTHBEARER'] as const
type Mechanism = (typeof mechanisms)[number]

/** User name of SASL PLAIN; the password is a connection string (eventhubs.md, section 10). */
const user = '$ConnectionString'

/** The log-in of one connection. */
export class Login {
  readonly #namespace: Namespace
  #mechanism: Mechanism | undefined
  #isDone = false
  #wantsBareProof = false

  constructor(namespace: Namespace) {
    this.#namespace = namespace
  }

  get isDone(): boolean {
    return this.#isDone
  }

  /** Whether the next frame is the proof and nothing else, as after version 0 of the handshake. */
  get wantsBareProof(): boolean {
    return this.#wantsBareProof
  }

  /** Takes the name of a mechanism. */
  handshake({ version, body }: KafkaRequest): WireWriter {
    const wanted = body.string()
    this.#mechanism = mechanisms.find((each) => each === wanted)
    this.#wantsBareProof = version === 0 && this.#mechanism !== undefined
    const answer = new WireWriter().int16(
      this.#mechanism === undefined ? errorCode.unsupportedSaslMechanism : errorCode.none,
    )
    return answer.array(mechanisms, (name) => answer.string(name))
  }

  /** Takes the proof. */
  authenticate({ version, body }: KafkaRequest): WireWriter {
    const proof = body.nullableBytes() ?? Buffer.alloc(0)
    this.#isDone = this.#admits(proof.toString('utf8'))
    const answer = new WireWriter()
      .int16(this.#isDone ? errorCode.none : errorCode.saslAuthenticationFailed)
      .string(this.#isDone ? null : 'Authentication failed: the connection string or token is refused.')
      .bytes(Buffer.alloc(0))
    return version >= 1 ? answer.int64(0) : answer
  }

  /** Takes a proof that comes without a header; whether it is good. */
  authenticateBare(proof: Buffer): boolean {
    this.#wantsBareProof = false
    this.#isDone = this.#admits(proof.toString('utf8'))
    return this.#isDone
  }

  #admits(proof: string): boolean {
    if (this.#namespace.faults.tokens.take() !== undefined) return false
    // Nobody here can check an Entra token; whoever shows one is let in.
    if (this.#mechanism === 'OAUTHBEARER') {
      return proof.split('\u0001').some((field) => /^auth=Bearer ./.test(field))
    }
    const [, name, password] = proof.split('\u0000')
    return this.#mechanism === 'PLAIN' && name === user && this.#knows(password ?? '')
  }

  #knows(connectionString: string): boolean {
    const { policy, clock } = this.#namespace
    try {
      const { host, hub, credential } = parseConnectionString(connectionString)
      if (credential.kind === 'key')
        return credential.name === policy.keyName && isEqual(credential.key, policy.key)
      const audience = `sb://${host}/${hub ?? ''}`
      return checkSharedAccessSignature(credential.signature, audience, policy, clock.now()).ok
    } catch {
      return false
    }
  }
}

function isEqual(given: string, expected: string): boolean {
  const one = Buffer.from(given)
  const other = Buffer.from(expected)
  return one.length === other.length && timingSafeEqual(one, other)
}
