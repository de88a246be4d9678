import type { ListenOptions } from 'node:net'

import type { ListeningSockets, SocketClaim, SocketOwner } from '../component/listening-sockets.ts'
import { messageOf } from '../errors/errors.ts'
import { Acceptor, type Tenant } from './acceptor.ts'

/**
 * The listening sockets of one collector, by address. Whoever is told to listen where somebody listens who is about
 * to stop gets the socket itself, open and with the connections that wait in it.
 */
export class Acceptors {
  readonly #acceptors = new Set<Acceptor>()
  #parking = false

  /** The sockets as one component sees them. */
  for(tenant: Tenant): ListeningSockets {
    return { claim: (where, owner) => this.#claim(tenant, where, owner) }
  }

  /** Keeps sockets open from now on that lose their owner, because another one will come. */
  park(): void {
    this.#parking = true
    for (const acceptor of this.#acceptors) acceptor.park()
  }

  /** Closes the sockets that nobody came for. */
  settle(): void {
    this.#parking = false
    for (const acceptor of this.#acceptors) acceptor.settle()
  }

  async #claim(tenant: Tenant, where: ListenOptions, owner: SocketOwner): Promise<SocketClaim> {
    const known = this.#find(tenant, where, owner)
    if (known !== undefined) return known.claim(tenant, owner)
    const acceptor = new Acceptor(where, () => this.#acceptors.delete(acceptor))
    const rivals = await this.#listen(acceptor)
    if (this.#parking) acceptor.park()
    this.#acceptors.add(acceptor)
    const claim = acceptor.claim(tenant, owner)
    if (rivals.length === 0) return claim
    return {
      ...claim,
      release: () => {
        const livesOn = claim.release()
        // They fail like any listener if the address is not to be had again.
        for (const rival of rivals) void rival.resume().catch((error: unknown) => rival.fail(toError(error)))
        return livesOn
      },
    }
  }

  #find(tenant: Tenant, where: ListenOptions, owner: SocketOwner): Acceptor | undefined {
    const open = [...this.#acceptors].filter((each) => each.listening && each.vacating)
    return where.port === 0
      ? open.find((each) => sameAddress(each.where, where) && each.knows(tenant, owner))
      : open.find((each) => sameAddress({ ...each.where, port: each.port }, where))
  }

  /**
   * Listens; where the port is taken by sockets of other addresses, such as all interfaces, that are about to be
   * given up, they make way. Resolves with those.
   */
  async #listen(acceptor: Acceptor): Promise<readonly Acceptor[]> {
    try {
      await acceptor.listen()
      return []
    } catch (error) {
      const { port } = acceptor.where
      const rivals = [...this.#acceptors].filter(
        (each) => each.listening && each.vacating && port !== undefined && each.port === port,
      )
      if (rivals.length === 0 || !isTaken(error)) throw error
      for (const rival of rivals) rival.suspend()
      try {
        await acceptor.listen()
        return rivals
      } catch (still) {
        for (const rival of rivals) await rival.resume()
        throw still
      }
    }
  }
}

function sameAddress(a: ListenOptions, b: ListenOptions): boolean {
  return a.path === b.path && a.port === b.port && a.host === b.host && a.ipv6Only === b.ipv6Only
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(messageOf(error))
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}
