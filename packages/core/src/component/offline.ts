/** What a sender would give to a transport: a message and the headers or properties beside it. */
export interface OfflineDelivery {
  readonly body: Uint8Array
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Path that the sender chose, of a connection or a request; absent where it did not. */
  readonly path?: string
  readonly signal: AbortSignal
}

/** A request that a component would send to somebody. */
export interface OfflineRequest {
  readonly method: string
  readonly url: URL
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** What somebody would answer. */
export interface OfflineAnswer {
  readonly status: number
  /** Names in lower case. Default: none. */
  readonly headers?: Readonly<Record<string, string>>
  /** Default: empty. */
  readonly body?: Uint8Array
}

/**
 * Stands for the world outside where a collector must not touch it. Servers need nothing of this: they listen through
 * `Host.sockets`, without TLS.
 */
export interface Offline {
  /**
   * Called at the start by a transport that fetches its data, such as one that reads a hub or files, instead of
   * fetching: from now on `take` gets what would have come, under the name of the transport. It rejects with what
   * the transport would make of a message that it refuses.
   */
  takes(transport: string, take: (delivery: OfflineDelivery) => Promise<void>): void
  /** Answers in place of whom the request is for. */
  answer(request: OfflineRequest): Promise<OfflineAnswer>
}
