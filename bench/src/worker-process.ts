import { fork, type ChildProcess } from 'node:child_process'

/** A helper process of a benchmark (sender or sink), so that its work is not counted as ours. */
export interface WorkerProcess<Request, Reply> extends AsyncDisposable {
  call(request: Request): Promise<Reply>
}

/** Starts a module of this folder that ends with `serve(…)`. */
export function startWorker<Request extends object, Reply>(module: URL): WorkerProcess<Request, Reply> {
  const child: ChildProcess = fork(module, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  })
  const waiting = new Map<number, PromiseWithResolvers<Reply>>()
  let next = 0
  child.on('message', (message: { id: number; reply?: Reply; error?: string }) => {
    const call = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.error === undefined) call?.resolve(message.reply as Reply)
    else call?.reject(new Error(message.error))
  })
  child.on('exit', (code) => {
    for (const call of waiting.values())
      call.reject(new Error(`A benchmark process ended with ${String(code)}.`))
  })
  return {
    call(request) {
      const call = Promise.withResolvers<Reply>()
      waiting.set(next, call)
      child.send({ id: next++, request })
      return call.promise
    },
    [Symbol.asyncDispose]() {
      child.kill()
      return Promise.resolve()
    },
  }
}

/** Answers calls of the benchmark, in the helper process. */
export function serve<Request>(answer: (request: Request) => Promise<unknown>): void {
  // A benchmark that was killed must not leave its helpers behind.
  process.on('disconnect', () => process.exit())
  process.on('message', (message: { id: number; request: Request }) => {
    answer(message.request).then(
      (reply) => process.send?.({ id: message.id, reply }),
      (error: unknown) => process.send?.({ id: message.id, error: String(error) }),
    )
  })
}
