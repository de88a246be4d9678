import { setTimeout as elapse } from 'node:timers/promises'

import type { Component } from '../../component/component.ts'
import type { TracesConsumer } from '../../component/consumer.ts'
import { createComponent, testHost } from '../create.ts'
import { type FakeClock, fakeClock } from '../fake-clock.ts'
import { testTelemetry, type TestTelemetry } from '../telemetry.ts'
import type { TestedFactory } from './check.ts'
import type { ComponentContract, Settings } from './contracts.ts'
import { demand } from './demand.ts'
import { throwToNobody } from './escaped-errors.ts'
import { eventually, patienceMs, settlesWithin, soon } from './waiting.ts'

/** A component in the middle of its life, with what a check looks at. */
export interface Living<C extends Component> {
  readonly component: C
  readonly clock: FakeClock
  readonly telemetry: TestTelemetry
}

/** What a check may choose about the life of a component. */
export interface LifeOptions {
  readonly next?: TracesConsumer
  /** Default: the contract's settings. */
  readonly config?: Settings
  /** What the wall clock shows when the component is created, in milliseconds since 1970. */
  readonly startMs?: number
}

/** Creates a component without starting it. */
export function create<C extends Component>(
  factory: TestedFactory<C>,
  contract: ComponentContract,
  { next, config = contract.config, startMs = Date.UTC(2026, 0, 1) }: LifeOptions = {},
): Living<C> {
  contract.prepare?.()
  const clock = fakeClock(startMs, { onError: throwToNobody })
  const telemetry = testTelemetry()
  const component = createComponent(factory, config, {
    clock,
    telemetry,
    ...(next === undefined ? {} : { next }),
    ...(contract.profiles === undefined ? {} : { profiles: contract.profiles }),
  })
  return { component, clock, telemetry }
}

/** Creates and starts a component, runs `work` with it and shuts it down, whatever `work` does. */
export async function withRunning<C extends Component, Result>(
  factory: TestedFactory<C>,
  contract: ComponentContract,
  options: LifeOptions,
  work: (living: Living<C>) => Promise<Result>,
): Promise<Result> {
  const living = create(factory, contract, options)
  const { component } = living
  try {
    await component.start(testHost(contract.extensions))
    const result = await work(living)
    const shutdown = component.shutdown(soon())
    demand(await settlesWithin(shutdown, patienceMs), 'The shutdown does not come to an end.')
    await shutdown
    return result
  } catch (error) {
    await abandon(component)
    throw error
  }
}

/** Ends a component of which nothing more is expected; what goes wrong has been seen before. */
export async function abandon(component: Component): Promise<void> {
  const limitMs = 500
  await settlesWithin(component.shutdown(AbortSignal.timeout(limitMs / 2)), limitMs)
}

/** Lets a moment pass on the component's clock and in the real world. */
export async function letPass(clock: FakeClock): Promise<void> {
  await clock.advance(50)
  await elapse(1)
}

/** Moves the component's clock on until `outcome` is there; what a component waits for is often only time. */
export async function whileTimePasses<Result>(clock: FakeClock, outcome: Promise<Result>): Promise<Result> {
  let there = false
  const settled = (): void => void (there = true)
  outcome.then(settled, settled)
  await eventually(() => there, 'The component gives no answer.', { between: () => clock.advance(20) })
  return outcome
}
