import type { Component } from '../../component/component.ts'
import { demand } from './demand.ts'
import { settlesWithin } from './waiting.ts'

/** What a stopping component is given while something it waits for does not come, in milliseconds. */
const deadlineMs = 150

/** What it may take beyond that on a busy machine. */
const graceMs = 1_500

/** Shuts down a component that is kept waiting; it must be back soon after its signal aborts. */
export async function demandTimelyShutdown(component: Component): Promise<void> {
  const shutdown = component.shutdown(AbortSignal.timeout(deadlineMs))
  demand(
    await settlesWithin(shutdown, deadlineMs + graceMs),
    'The shutdown does not end when its signal aborts, because a request is still open.',
  )
}
