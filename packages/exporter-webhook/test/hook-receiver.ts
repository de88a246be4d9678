import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One delivery as it arrived. */
export interface ReceivedHook {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What is done with a request: a status with headers, a cut connection, or no answer at all. */
export type Reaction =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | 'cut'
  | 'hang'

/** Somebody who gets webhooks. */
export interface HookReceiver extends AsyncDisposable {
  readonly url: string
  readonly hooks: readonly ReceivedHook[]
  /** Requests that are open at the moment, and the most that ever were. */
  readonly open: { now: number; most: number }
  /** Decides what is done from now on. Default: 200. */
  react(decide: (hook: ReceivedHook, count: number) => Reaction): void
}

const take = (): Reaction => ({ status: 200 })

/** Opens a receiver on loopback. */
export async function hookReceiver(): Promise<HookReceiver> {
  const hooks: ReceivedHook[] = []
  const open = { now: 0, most: 0 }
  let decide: (hook: ReceivedHook, count: number) => Reaction = take
  const server = createServer((request, response) => {
    open.most = Math.max(open.most, ++open.now)
    response.once('close', () => open.now--)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const hook = {
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      }
      hooks.push(hook)
      const reaction = decide(hook, hooks.length)
      if (reaction === 'cut') request.socket.destroy()
      else if (reaction !== 'hang') response.writeHead(reaction.status, reaction.headers).end(reaction.body)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    hooks,
    open,
    react(next) {
      decide = next
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}
