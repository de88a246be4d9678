import { createHmac, randomBytes } from 'node:crypto'

import { PermanentError, RetryableError } from '@spanloom/core'

import type { Users } from './htpasswd.ts'

/** How many good pairs are remembered. */
const rememberedPairs = 1000

/** How many checks may wait. Hashes are slow on purpose, so more would only pile up. */
const waitingChecks = 32

/**
 * Checks user names and passwords. Good pairs are remembered under a keyed digest until the users change,
 * so that a sender pays for a slow hash once; others are checked one after the other.
 */
export class PasswordVerifier {
  readonly #key = randomBytes(32)
  readonly #good = new Set<string>()
  #users: Users | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #waiting = 0

  /** @throws PermanentError when the pair is wrong, RetryableError when too many checks wait. */
  async verify(users: Users, name: string, password: string): Promise<void> {
    if (users !== this.#users) {
      this.#users = users
      this.#good.clear()
    }
    const digest = this.#digest(name, password)
    if (this.#good.has(digest)) return
    if (this.#waiting >= waitingChecks) {
      throw new RetryableError('AUTHENTICATION_BUSY', 'Too many credentials wait to be checked.')
    }
    if (!(await this.#inTurn(() => check(users, name, password)))) {
      throw new PermanentError('UNAUTHENTICATED', 'invalid credentials', { grpcStatus: 16 })
    }
    if (this.#users === users) this.#remember(digest)
  }

  async #inTurn(run: () => Promise<boolean>): Promise<boolean> {
    this.#waiting++
    const result = this.#turn.then(run)
    this.#turn = result.catch(() => undefined)
    try {
      return await result
    } finally {
      this.#waiting--
    }
  }

  #remember(digest: string): void {
    const [oldest] = this.#good
    if (this.#good.size >= rememberedPairs && oldest !== undefined) this.#good.delete(oldest)
    this.#good.add(digest)
  }

  #digest(name: string, password: string): string {
    const length = Buffer.byteLength(name)
    return createHmac('sha256', this.#key).update(`${length}:${name}:${password}`).digest('base64')
  }
}

/** An unknown name takes as long as a known one, so that nobody can find out which names exist. */
async function check(users: Users, name: string, password: string): Promise<boolean> {
  const own = users.get(name)
  if (own !== undefined) return own(password)
  const [someone] = users.values()
  await someone?.(password)
  return false
}
