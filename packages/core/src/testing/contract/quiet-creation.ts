import { createHook } from 'node:async_hooks'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/** Asynchronous things whose beginning is no input, output, timer or handle. */
const harmless = /^(?:PROMISE|TickObject|Microtask|RANDOMBYTESREQUEST|HASHREQUEST|.*[a-z].*)$/

/** Lower-case names belong to libraries; these two are Node's. */
const timers: ReadonlySet<string> = new Set(['Timeout', 'Immediate'])

const fileFunctions = [
  'accessSync',
  'appendFileSync',
  'existsSync',
  'mkdirSync',
  'openSync',
  'opendirSync',
  'readFileSync',
  'readdirSync',
  'realpathSync',
  'renameSync',
  'rmSync',
  'statSync',
  'unlinkSync',
  'writeFileSync',
] as const

/**
 * Runs `work`, which must be synchronous, and lists the input and output, timers and handles that it
 * began, by Node's names for them; and the functions of `node:fs` that it called. Files of loaded code
 * do not count.
 */
export function begunDuring(work: () => void): readonly string[] {
  const begun: string[] = []
  const hook = createHook({
    init(_id, type) {
      if (timers.has(type) || !harmless.test(type)) begun.push(type)
    },
  })
  const restore = watchFiles((name) => begun.push(`fs.${name}`))
  hook.enable()
  try {
    work()
  } finally {
    hook.disable()
    restore()
  }
  return begun
}

/** Reports calls of synchronous file functions, which no hook shows, until the returned function is called. */
function watchFiles(report: (name: string) => void): () => void {
  const originals = new Map<string, unknown>(fileFunctions.map((name) => [name, fs[name]]))
  for (const name of fileFunctions) {
    Object.assign(fs, {
      [name]: new Proxy(fs[name], {
        apply(target, self, args: unknown[]) {
          if (!isCode(args[0])) report(name)
          return Reflect.apply(target, self, args)
        },
      }),
    })
  }
  syncBuiltinESMExports()
  return () => {
    Object.assign(fs, Object.fromEntries(originals))
    syncBuiltinESMExports()
  }
}

const isCode = (path: unknown): boolean => /[/\\]node_modules[/\\]|\.[cm]?[jt]s$/.test(String(path))
