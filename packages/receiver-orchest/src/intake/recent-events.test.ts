import { fakeClock } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { RecentEvents } from './recent-events.ts'

it('knows uuids apart however long they are', async () => {
  const recent = new RecentEvents(10, 1e9, fakeClock())
  const work = (): Promise<void> => Promise.resolve()
  const long = 'x'.repeat(1 << 20)
  for (const uuid of ['1', '2', `${long}1`, `${long}2`]) {
    expect(await recent.once(uuid, work)).toMatchObject({ kind: 'new' })
    expect(await recent.once(uuid, work)).toEqual({ kind: 'duplicate' })
  }
})
