import type { Offline, OfflineAnswer, OfflineDelivery, OfflineRequest } from '@spanloom/core'

import { LoopbackSockets } from './loopback.ts'

/** How somebody outside is to answer. */
export interface PlayedAnswer extends OfflineAnswer {
  /** Beginning of the URLs that are answered so. */
  readonly url: string
}

/** The world outside as one receiver, or another component, sees it. */
export class Outside implements Offline {
  readonly sockets: LoopbackSockets = new LoopbackSockets()
  readonly #intakes = new Map<string, (delivery: OfflineDelivery) => Promise<void>>()
  readonly #answers: readonly PlayedAnswer[]
  readonly #onRequest: (request: OfflineRequest, answer: OfflineAnswer) => void

  constructor(
    answers: readonly PlayedAnswer[],
    onRequest: (request: OfflineRequest, answer: OfflineAnswer) => void,
  ) {
    this.#answers = answers
    this.#onRequest = onRequest
  }

  /** What can be handed in here, the usual way first. */
  get transports(): readonly string[] {
    const fetched = [...this.#intakes.keys()]
    const served = this.sockets.speaksHttp ? ['http'] : []
    return fetched.includes('websocket') ? [...fetched, ...served] : [...served, ...fetched]
  }

  takes(transport: string, take: (delivery: OfflineDelivery) => Promise<void>): void {
    if (!this.#intakes.has(transport)) this.#intakes.set(transport, take)
  }

  /** Hands something in to a transport that fetches its data. */
  async give(transport: string, delivery: OfflineDelivery): Promise<void> {
    const take = this.#intakes.get(transport)
    if (take === undefined) throw new TypeError(`Nothing takes "${transport}".`)
    await take(delivery)
  }

  answer(request: OfflineRequest): Promise<OfflineAnswer> {
    const played = this.#answers.find(({ url }) => request.url.href.startsWith(url))
    const { status, headers, body } = played ?? { status: 200 }
    const answer = {
      status,
      ...(headers === undefined ? {} : { headers }),
      ...(body === undefined ? {} : { body }),
    }
    this.#onRequest(request, answer)
    return Promise.resolve(answer)
  }
}
