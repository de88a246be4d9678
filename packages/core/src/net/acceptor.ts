import { createServer, type AddressInfo, type ListenOptions, type Server, type Socket } from 'node:net'

import type { SocketClaim, SocketOwner } from '../component/listening-sockets.ts'

/** An owner of a socket as the acceptor knows it. */
export interface Tenant {
  /** Stable name of the component; sockets of any free port go from one instance of it to the next. */
  readonly name: string
  /** Whether it is about to stop, so that others may have its sockets. */
  readonly leaving: boolean
}

interface Holder {
  readonly tenant: Tenant
  readonly owner: SocketOwner
}

/**
 * One listening socket. The owner that came last gets the connections; when it goes, the one before it has them
 * again. Without an owner the socket is closed, unless it is parked: then connections wait for the next one.
 */
export class Acceptor {
  readonly where: ListenOptions
  readonly #holders: Holder[] = []
  #latest: Holder | undefined
  readonly #waiting = new Set<Socket>()
  /** Connections that earlier owners left behind. */
  readonly #left = new Set<Socket>()
  #server: Server | undefined
  #address: AddressInfo | string = ''
  #parked = false
  #closed = false
  #next = Promise.withResolvers<void>()
  readonly #onClose: () => void

  constructor(where: ListenOptions, onClose: () => void) {
    this.where = where
    this.#onClose = onClose
  }

  /** Whether every owner is about to stop, or there is none. */
  get vacating(): boolean {
    return this.#holders.every(({ tenant }) => tenant.leaving)
  }

  /** Whether the same component spoke the same protocol here. */
  knows(tenant: Tenant, owner: SocketOwner): boolean {
    return this.#latest?.tenant.name === tenant.name && this.#latest.owner.protocol === owner.protocol
  }

  /** Bound port; `undefined` for a unix socket. */
  get port(): number | undefined {
    return typeof this.#address === 'string' ? undefined : this.#address.port
  }

  get listening(): boolean {
    return this.#server !== undefined
  }

  /** Rejects with the system's error. */
  async listen(where: ListenOptions = this.where): Promise<void> {
    // Half-open connections are for the owner to allow or not.
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#accept(socket))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(where, () => {
        server.off('error', reject)
        resolve()
      })
    })
    server.on('error', (error) => this.fail(error))
    server.on('close', () => {
      if (this.#server === server) this.fail(new Error('The listener was closed.'))
    })
    this.#server = server
    this.#address = server.address() ?? ''
  }

  /** Stops listening for as long as somebody else needs the address. */
  suspend(): void {
    const server = this.#server
    this.#server = undefined
    server?.close()
  }

  /** Listens again at the very same address, if anybody still wants it. */
  async resume(): Promise<void> {
    if (this.#closed || this.#server !== undefined || this.#holders.length === 0) return
    const { port } = this
    await this.listen(port === undefined ? this.where : { ...this.where, port })
  }

  /** Tells the owner that the socket cannot be used any longer. */
  fail(error: Error): void {
    this.#current?.failed(error)
  }

  /** Lets connections wait while there is no owner. */
  park(): void {
    this.#parked = true
  }

  /** Ends {@link park}; a socket that nobody wants is closed. */
  settle(): void {
    this.#parked = false
    if (this.#holders.length === 0) this.close()
  }

  claim(tenant: Tenant, owner: SocketOwner): SocketClaim {
    const holder: Holder = { tenant, owner }
    this.#holders.push(holder)
    this.#latest = holder
    this.#next.resolve()
    for (const socket of this.#waiting) owner.accept(socket)
    this.#waiting.clear()
    return {
      address: this.#address,
      release: () => this.#release(holder),
      leave: (socket) => this.#leave(socket),
      heir: () => this.#heir(owner.protocol),
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.suspend()
    for (const socket of [...this.#waiting, ...this.#left]) socket.destroy()
    this.#next.resolve()
    this.#onClose()
  }

  get #current(): SocketOwner | undefined {
    return this.#holders.at(-1)?.owner
  }

  #accept(socket: Socket): void {
    if (this.#current !== undefined) return this.#current.accept(socket)
    this.#waiting.add(socket)
    // Without a listener an error of the connection would be one of the process.
    socket.on('error', () => undefined)
    socket.once('close', () => this.#waiting.delete(socket))
  }

  #release(holder: Holder): boolean {
    const index = this.#holders.indexOf(holder)
    if (index >= 0) this.#holders.splice(index, 1)
    if (this.#holders.length === 0) this.#next = Promise.withResolvers()
    if (this.#holders.length === 0 && !this.#parked) this.close()
    return !this.#closed && (this.#current === undefined || this.#current.protocol === holder.owner.protocol)
  }

  #leave(socket: Socket): void {
    if (this.#closed) {
      socket.destroy()
      return
    }
    this.#left.add(socket)
    socket.once('close', () => this.#left.delete(socket))
  }

  async #heir(protocol: string): Promise<SocketOwner | undefined> {
    if (this.#holders.length === 0 && !this.#closed) await this.#next.promise
    const current = this.#current
    return current?.protocol === protocol ? current : undefined
  }
}
