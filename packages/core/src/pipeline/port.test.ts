import { expect, it } from 'vitest'

import { sampleTraces, TracesSink } from '../testing/index.ts'
import { Traces } from '../traces/index.ts'
import { Entry, Port } from './port.ts'

const context = { signal: new AbortController().signal }
const batch = Traces.concat(sampleTraces())
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it('leads new calls to another instance while old ones end where they are', async () => {
  const [old, next] = [new TracesSink(), new TracesSink()]
  const [oldEntry, nextEntry] = [new Entry(old), new Entry(next)]
  const port = new Port()
  port.use(oldEntry)
  old.block()
  const first = port.consumeTraces(batch, context)
  port.use(nextEntry)
  await port.consumeTraces(batch, context)
  let idle = false
  const waiting = oldEntry.idle().then(() => (idle = true))
  await settled()
  expect([old.batches.length, next.batches.length, idle]).toEqual([0, 1, false])

  old.release()
  await first

  await waiting
  expect(old.batches).toEqual([batch])
})

it('is idle also after calls that were refused', async () => {
  const sink = new TracesSink()
  const entry = new Entry(sink)
  await entry.idle()
  sink.refuseWith(new Error('no'))
  sink.block()
  const refused = entry.take(batch, context)
  const idle = entry.idle()
  sink.release()
  await expect(refused).rejects.toThrow('no')
  await idle
})

it('lets calls wait while it is closed, and lets them all in when it opens', async () => {
  const sink = new TracesSink()
  const port = new Port()
  port.close()
  const calls = [port.consumeTraces(batch, context), port.consumeTraces(batch, context)]
  await settled()
  port.close()
  port.use(new Entry(sink))
  port.open()
  await Promise.all(calls)
  expect(sink.batches).toHaveLength(2)
})

it('gives the data back to a caller that does not wait any longer, also from the start', async () => {
  const port = new Port()
  port.close()
  const caller = new AbortController()
  const call = port.consumeTraces(batch, { signal: caller.signal })
  caller.abort()
  await expect(call).rejects.toMatchObject({ code: 'STAGE_CHANGING', permanent: false })
  await expect(port.consumeTraces(batch, { signal: caller.signal })).rejects.toThrow('being exchanged')
})

it('refuses for the time being when nobody is behind it', async () => {
  await expect(new Port().consumeTraces(batch, context)).rejects.toMatchObject({
    code: 'STAGE_MISSING',
    permanent: false,
  })
})
