import type { Duplex } from 'node:stream'

import type { Clock, Timer } from '@spanloom/core'

import { closeFrame, FrameScanner, type ScannedMessage } from './frame-scanner.ts'

/** How long a farewell may take, in milliseconds. */
const farewellMs = 2_000

/** Looks at what two parties say to each other. It must not throw. */
export interface Observer {
  fromServer(data: Buffer, binary: boolean): void
  fromClient(data: Buffer, binary: boolean): void
  /** A message was longer than allowed; the connection is closed with 1009. */
  tooLarge(): void
  /** The traffic cannot be read any more; it goes on. */
  unreadable(): void
  closed(): void
}

/** Two sockets that have become one connection. */
export interface Splice {
  /** Ends both sides with a code, as far as they can hear it. */
  end(code: number): void
  /** Cuts both sides off. */
  cut(): void
}

/**
 * Joins the socket of a server and the socket of a client: every byte goes its way first, in both directions and with
 * the back-pressure of TCP, and is looked at afterwards. Pings, pongs, closing codes and fragments stay what they are.
 */
export function splice(
  server: Duplex,
  client: Duplex,
  { maxBytes, clock }: { readonly maxBytes: number; readonly clock: Clock },
  observer: Observer,
): Splice {
  const fromServer = new FrameScanner(false, maxBytes)
  const fromClient = new FrameScanner(true, maxBytes)
  let ended = false
  let timer: Timer | undefined

  const cut = (): void => {
    client.destroy()
    server.destroy()
  }

  const end = (code: number): void => {
    if (ended) return
    ended = true
    // A frame of ours may stand between frames only: it would become part of one otherwise.
    if (fromServer.atBoundary && client.writable) client.write(closeFrame(code, false))
    if (fromClient.atBoundary && server.writable) server.write(closeFrame(code, true, maskOf()))
    finish()
  }
  /** Both sides are told that nothing more comes; who does not listen is cut off. */
  const finish = (): void => {
    client.end()
    server.end()
    timer ??= clock.schedule(farewellMs, cut)
  }
  pass(server, client, fromServer, (data, binary) => observer.fromServer(data, binary))
  pass(client, server, fromClient, (data, binary) => observer.fromClient(data, binary))

  let open = 2
  for (const [one, other] of [
    [server, client],
    [client, server],
  ] as const) {
    one.on('error', () => undefined)
    one.on('end', () => other.end())
    one.on('close', () => {
      other.end()
      if (!one.readableEnded) other.destroy()
      if (--open > 0) return
      timer?.cancel()
      observer.closed()
    })
  }
  return { end, cut }

  function pass(
    from: Duplex,
    to: Duplex,
    scanner: FrameScanner,
    look: (data: Buffer, binary: boolean) => void,
  ): void {
    let reads = true
    from.on('data', (chunk: Buffer) => {
      if (ended) return
      const messages: ScannedMessage[] = []
      const headerCut = scanner.headerCut
      const outcome = reads ? scanner.push(chunk, messages) : 'ok'
      if (outcome === 'too_large') {
        observer.tooLarge()
        tooLarge(from, to, chunk.subarray(0, scanner.passable), !headerCut)
      } else {
        if (!to.write(chunk)) {
          from.pause()
          to.once('drain', () => from.resume())
        }
        if (outcome === 'invalid') {
          reads = false
          observer.unreadable()
        }
      }
      for (const { data, binary } of messages) look(data, binary)
    })
  }

  /** The message is not passed on; both sides hear why, where a frame of ours can stand. */
  function tooLarge(from: Duplex, to: Duplex, before: Buffer, whole: boolean): void {
    ended = true
    const code = 1009
    const fromIsServer = from === server
    if (before.length > 0) to.write(before)
    if (whole && to.writable)
      to.write(fromIsServer ? closeFrame(code, false) : closeFrame(code, true, maskOf()))
    const back = fromIsServer ? fromClient : fromServer
    if (back.atBoundary && from.writable)
      from.write(fromIsServer ? closeFrame(code, true, maskOf()) : closeFrame(code, false))
    finish()
    // What is still on its way is read and forgotten, so that the farewell arrives before the connection is cut.
    from.resume()
  }
}

const maskOf = (): number => Math.floor(Math.random() * 2 ** 32)
