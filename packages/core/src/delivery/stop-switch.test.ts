import { expect, it } from 'vitest'

import { StopSwitch } from './stop-switch.ts'

it('tells everybody once, those that come late at once, and nobody who left', () => {
  const stop = new StopSwitch()
  const told: string[] = []
  stop.onStop(() => told.push('early'))
  const leave = stop.onStop(() => told.push('gone'))
  leave()
  stop.stop()
  stop.stop()
  stop.onStop(() => told.push('late'))()

  expect(told).toEqual(['early', 'late'])
  expect(stop.stopped).toBe(true)
})
