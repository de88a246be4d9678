import { createHook, executionAsyncId } from 'node:async_hooks'
import childProcess from 'node:child_process'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { setImmediate as turn } from 'node:timers/promises'

/** Asynchronous things whose beginning is no input, output, timer or handle. */
const harmless = /^(?:PROMISE|TickObject|Microtask|RANDOMBYTESREQUEST|HASHREQUEST|.*[a-z].*)$/

/** Lower-case names belong to libraries; these two are Node's. */
const timers: ReadonlySet<string> = new Set(['Timeout', 'Immediate'])

/** Functions that block, which no hook shows. */
const blocking = [
  [
    'fs',
    fs,
    [
      'accessSync',
      'appendFileSync',
      'existsSync',
      'lstatSync',
      'mkdirSync',
      'mkdtempSync',
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
    ],
  ],
  ['child_process', childProcess, ['execFileSync', 'execSync', 'spawnSync']],
] as const

/** Turns of the event loop in which what was begun with a promise shows. */
const turns = 3

/**
 * Runs `work`, which must be synchronous, and lists the input and output, timers and handles that it
 * began, at once or in a promise, by Node's names for them; and the blocking functions that it called. Files of
 * loaded code do not count.
 */
export async function begunBy(work: () => void): Promise<readonly string[]> {
  const begun: string[] = []
  // What another part of the process begins meanwhile does not descend from the work.
  const descendants = new Set<number>()
  let working = true
  const hook = createHook({
    init(id, type, trigger) {
      if (!working && !descendants.has(trigger) && !descendants.has(executionAsyncId())) return
      descendants.add(id)
      if (timers.has(type) || !harmless.test(type)) begun.push(type)
    },
  })
  const restore = watchBlocking((name) => begun.push(name))
  hook.enable()
  try {
    work()
    working = false
    restore()
    for (let count = 0; count < turns; count++) await turn()
  } finally {
    hook.disable()
    restore()
  }
  return begun
}

/** Reports calls of blocking functions until the returned function is called. */
function watchBlocking(report: (name: string) => void): () => void {
  const restores = blocking.map(([module, functions, names]) => {
    const originals = { ...functions }
    for (const name of names) {
      Object.assign(functions, {
        [name]: new Proxy(Reflect.get(functions, name), {
          apply(target, self, args: unknown[]) {
            if (!isCode(args[0])) report(`${module}.${name}`)
            return Reflect.apply(target, self, args)
          },
        }),
      })
    }
    return () =>
      void Object.assign(
        functions,
        Object.fromEntries(names.map((name) => [name, Reflect.get(originals, name)])),
      )
  })
  syncBuiltinESMExports()
  return () => {
    for (const restore of restores) restore()
    syncBuiltinESMExports()
  }
}

const isCode = (path: unknown): boolean => /[/\\]node_modules[/\\]|\.[cm]?[jt]s$/.test(String(path))
