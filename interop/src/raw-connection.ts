import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** What a server sent over a connection before it closed it. */
export interface RawAnswer {
  /** Status of the first response; `undefined` where there was none. */
  readonly status: number | undefined
  readonly text: string
}

/** A connection that sends exactly the bytes that it is given, whatever a client would think of them. */
export class RawConnection implements Disposable {
  readonly #socket: Socket
  readonly #closed: Promise<void>
  #text = ''

  /** Connects to `host:port`. */
  static async open(address: string): Promise<RawConnection> {
    const { hostname, port } = new URL(`tcp://${address}`)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    return new RawConnection(socket)
  }

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1').on('data', (text: string) => (this.#text += text))
    // A server that has had enough resets the connection, and that is an end like another.
    socket.on('error', () => undefined)
    this.#closed = new Promise((resolve) => socket.once('close', () => resolve()))
  }

  /** Sends bytes, unless the server has already closed; resolves once they are on their way. */
  async send(bytes: string | Uint8Array): Promise<void> {
    if (!this.#socket.writable || this.#socket.write(bytes)) return
    await new Promise<void>((resolve) => {
      this.#socket.once('drain', resolve).once('close', resolve)
    })
  }

  /** What has been received when the server closes. */
  async answer(): Promise<RawAnswer> {
    await this.#closed
    return this.#received
  }

  /** What has been received once that is the head of a response, or the server has closed. */
  async head(): Promise<RawAnswer> {
    while (!this.#text.includes('\r\n\r\n') && !this.#socket.destroyed) {
      await new Promise<void>((resolve) => {
        this.#socket.once('data', () => resolve()).once('close', () => resolve())
      })
    }
    return this.#received
  }

  get #received(): RawAnswer {
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(this.#text)?.[1]
    return { status: status === undefined ? undefined : Number(status), text: this.#text }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }
}

/** Sends bytes over a connection of their own and resolves with all that comes back until the server closes. */
export async function exchange(
  address: string,
  ...parts: readonly (string | Uint8Array)[]
): Promise<RawAnswer> {
  using connection = await RawConnection.open(address)
  for (const part of parts) await connection.send(part)
  return await connection.answer()
}

/** The head of a request for traces, after which the server is to close. */
export function requestHead(headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ host: 'localhost', connection: 'close', ...headers })
  return `POST /v1/traces HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}
