import { format } from 'node:util'

const methods = ['debug', 'dir', 'error', 'info', 'log', 'table', 'trace', 'warn'] as const

/** Runs `work` and hands everything that the process prints meanwhile to `printed`: standard streams and console. */
export async function watchingOutput<Result>(
  printed: (text: string) => void,
  work: () => Promise<Result>,
): Promise<Result> {
  // A test runner's console does not write to the standard streams, so both are watched.
  const restores = [
    ...[process.stdout, process.stderr].map((stream) =>
      watch(stream, 'write', ([chunk]) =>
        printed(chunk instanceof Uint8Array ? Buffer.from(chunk).toString() : String(chunk)),
      ),
    ),
    ...methods.map((method) => watch(console, method, (args) => printed(format(...args)))),
  ]
  try {
    return await work()
  } finally {
    for (const restore of restores) restore()
  }
}

/** Tells `heard` the arguments of every call of a method, until the returned function is called. */
function watch(target: object, name: string, heard: (args: readonly unknown[]) => void): () => void {
  const original = Reflect.get(target, name)
  Reflect.set(
    target,
    name,
    new Proxy(original, {
      apply(method, self, args: unknown[]) {
        heard(args)
        return Reflect.apply(method, self, args)
      },
    }),
  )
  return () => void Reflect.set(target, name, original)
}
