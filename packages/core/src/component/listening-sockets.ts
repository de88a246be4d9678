import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, ListenOptions, Socket } from 'node:net'

/** A server that takes the connections of a listening socket. */
export interface SocketOwner {
  /**
   * What is spoken, such as `http` or `grpc`, with all that both sides have agreed on when a connection began.
   * A connection can be left only to an owner that speaks the same.
   */
  readonly protocol: string
  /** A connection came in. */
  accept(socket: Socket): void
  /** The socket could not accept a connection, or cannot listen any longer. */
  failed(error: Error): void
  /** Answers a request that came over a connection of an earlier owner. */
  serve?(request: IncomingMessage, response: ServerResponse): void
}

/** An owner's hold on a listening socket. */
export interface SocketClaim {
  /** Where the socket listens. */
  readonly address: AddressInfo | string
  /**
   * Gives the socket up; calling it again changes nothing. Tells whether another owner has it or is about to get it,
   * so that connections may be left to it; otherwise it is closed.
   */
  release(): boolean
  /** Leaves an idle connection behind. It lives until it ends by itself or the socket is closed. */
  leave(socket: Socket): void
  /**
   * Who serves the socket after the release, as soon as that is known; `undefined` if nobody does who speaks the
   * same protocol.
   */
  heir(): Promise<SocketOwner | undefined>
}

/** Listening sockets that outlive the servers behind them, so that a reload refuses no connection. */
export interface ListeningSockets {
  /** Whether `claim` takes names of hosts as they are; default: addresses only. */
  readonly takesNames?: boolean
  /**
   * Listens, or takes over a socket of the same address whose owner is about to stop.
   *
   * Rejects with the system's error, such as `EADDRINUSE`.
   */
  claim(where: ListenOptions, owner: SocketOwner): Promise<SocketClaim>
}
