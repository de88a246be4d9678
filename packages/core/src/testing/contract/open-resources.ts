import { createHook } from 'node:async_hooks'
import { readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as elapse } from 'node:timers/promises'

import { tally } from './span-key.ts'
import { eventually, quietMs } from './waiting.ts'

/** Kinds that end by themselves within a turn and belong to whoever runs the tests; timers are watched one by one. */
const passing: ReadonlySet<string> = new Set([
  'Immediate',
  'TickObject',
  'CloseReq',
  'FSReqCallback',
  'FSReqPromise',
  'Timeout',
])

/** How long closing may take, in milliseconds. */
const closingMs = 2_000

/**
 * Runs `life` and then waits until nothing is open that it opened: sockets, servers, intervals, timers that keep the
 * process alive, and on Linux files. Closing a socket takes a few turns.
 *
 * @throws ContractViolation that names what stayed open.
 */
export async function demandNothingLeftOpen(life: () => Promise<void>): Promise<void> {
  const before = await openBefore()
  const timers = new Map<number, NodeJS.Timeout>()
  let living = true
  const hook = createHook({
    init(id, type, _trigger, resource) {
      if (living && type === 'Timeout' && isTimer(resource)) timers.set(id, resource)
    },
    destroy(id) {
      timers.delete(id)
    },
  })
  const left = (): readonly string[] => [
    ...[...countOpen()].filter(([name, count]) => count > (before.get(name) ?? 0)).map(([name]) => name),
    ...[...timers.values()].filter((timer) => timer.hasRef() || repeats(timer)).map(() => 'Timeout'),
  ]
  hook.enable()
  try {
    await life()
    living = false
    await eventually(
      () => left().length === 0,
      () => `The component left something open after its shutdown: ${left().join(', ')}.`,
      { limitMs: closingMs },
    )
  } finally {
    hook.disable()
  }
}

/** What is open now, without what goes away within a moment: an earlier test may still be closing. */
async function openBefore(): Promise<ReadonlyMap<string, number>> {
  const first = countOpen()
  await elapse(quietMs)
  const second = countOpen()
  return new Map([...first].map(([name, count]) => [name, Math.min(count, second.get(name) ?? 0)]))
}

/** An interval goes on calling a component that is gone, also one that does not keep the process alive. */
const repeats = (timer: NodeJS.Timeout): boolean => typeof Reflect.get(timer, '_repeat') === 'number'

const isTimer = (resource: object): resource is NodeJS.Timeout => 'hasRef' in resource

function countOpen(): ReadonlyMap<string, number> {
  const names = [...process.getActiveResourcesInfo(), ...openFiles()]
  return tally(names.filter((name) => !passing.has(name)))
}

/** Files that the process has open. Loaded code and the runtime's own are of no interest. */
function openFiles(): readonly string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${descriptor}`)
      return target.startsWith('/') && !/^\/(?:dev|proc|sys)\/|\/node_modules\//.test(target) ? [target] : []
    } catch {
      // The descriptor of the listing itself is gone by now.
      return []
    }
  })
}
