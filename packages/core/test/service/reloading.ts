import { Traces } from '@spanloom/core'
import { sampleTraces } from '@spanloom/core/testing'

import { testCollector, type TestCollector, type TestConfig } from './recording.ts'

/** Never aborts. */
export const never: AbortSignal = new AbortController().signal

export const context: { readonly signal: AbortSignal } = { signal: never }

/** What a reload begins with. */
export const base: TestConfig = {
  pipelines: { traces: { receivers: ['in'], processors: ['p'], exporters: ['out', 'copy'] } },
}

export const withSettings = (
  settings: Readonly<Record<string, object>>,
  config: TestConfig = base,
): TestConfig => ({ ...config, settings })

/** A running collector whose start is no longer among its events. */
export async function started(config: TestConfig = base): Promise<TestCollector> {
  const made = await testCollector(config)
  await made.collector.start()
  made.events.length = 0
  return made
}

/** Three spans. */
export const batch = (): Traces => Traces.of([...Traces.concat(sampleTraces()).spans()].slice(0, 3))

/** Hands data to the receiver that was created last, as its source would. */
export function send(made: TestCollector, traces: Traces = batch(), id = 'in'): Promise<void> {
  const next = made.instances(id).at(-1)?.next
  if (next === undefined) throw new Error(`${id} has nowhere to send to.`)
  return next.consumeTraces(traces, context)
}

export async function stop({ collector }: TestCollector): Promise<void> {
  await collector.shutdown(never)
}

/** Lets everything happen that is due. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
