import { setTimeout as elapse } from 'node:timers/promises'

/**
 * Bytes that another Node.js process holds once its garbage is collected, in its heap and outside of it: asked over its
 * inspector. What the operating system shows includes what was freed and not given back.
 */
export async function heldMemory(pid: number): Promise<number> {
  process.kill(pid, 'SIGUSR1')
  const socket = new WebSocket(await inspectorUrl())
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  try {
    await ask(socket, 1, 'HeapProfiler.collectGarbage', {})
    const expression = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())'
    const { result } = await ask(socket, 2, 'Runtime.evaluate', { expression, returnByValue: true })
    return Number(result?.value)
  } finally {
    socket.close()
  }
}

interface Answer {
  readonly result?: { readonly value?: unknown }
}

async function ask(socket: WebSocket, id: number, method: string, params: object): Promise<Answer> {
  const answered = new Promise<string>((resolve) => {
    socket.addEventListener('message', (event) => resolve(String(event.data)), { once: true })
  })
  socket.send(JSON.stringify({ id, method, params }))
  const { result } = JSON.parse(await answered) as { readonly result: Answer }
  return result
}

async function inspectorUrl(): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt++, await elapse(100)) {
    try {
      const response = await fetch('http://127.0.0.1:9229/json')
      const [target] = (await response.json()) as { readonly webSocketDebuggerUrl: string }[]
      if (target !== undefined) return target.webSocketDebuggerUrl
    } catch {
      // It takes a moment until the inspector listens.
    }
  }
  throw new Error('The inspector does not listen.')
}
