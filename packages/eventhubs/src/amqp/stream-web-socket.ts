import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'

/** Where a stream leads, and how it is secured; `tls` absent means not at all. */
export interface StreamTarget {
  readonly host: string
  readonly port: number
  readonly tls?: ConnectionOptions
}

/** The part of a WebSocket that the AMQP library uses. */
interface SocketLike {
  onopen: (() => void) | undefined
  onmessage: ((event: { readonly data: Uint8Array }) => void) | undefined
  onclose: ((event: unknown) => void) | undefined
  onerror: ((error: unknown) => void) | undefined
  readonly url: string
  send(data: Uint8Array): void
  close(): void
}

/**
 * A class that looks like `WebSocket` to the SDK of Azure and is a plain or TLS stream. The SDK has no setting for
 * certificates, but it lets one choose the class of its WebSockets, and AMQP is the same bytes over both.
 */
export function streamWebSocket(target: StreamTarget): new () => SocketLike {
  return class StreamWebSocket implements SocketLike {
    onopen: (() => void) | undefined
    onmessage: ((event: { readonly data: Uint8Array }) => void) | undefined
    onclose: ((event: unknown) => void) | undefined
    onerror: ((error: unknown) => void) | undefined
    readonly url: string = `${target.host}:${target.port}`
    readonly #socket: Socket

    constructor() {
      const { host, port, tls } = target
      const opened = (): void => this.onopen?.()
      this.#socket = tls
        ? connectTls({ servername: host, ...tls, host, port }, opened)
        : connectPlain({ host, port }, opened)
      let failed = false
      this.#socket.on('data', (data) => this.onmessage?.({ data }))
      this.#socket.on('error', (error) => {
        failed = true
        this.onerror?.(error)
      })
      this.#socket.on('close', () => {
        if (!failed) this.onclose?.({})
      })
    }

    send(data: Uint8Array): void {
      this.#socket.write(data)
    }

    close(): void {
      this.#socket.end()
    }
  }
}
