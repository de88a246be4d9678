import { expect, it } from 'vitest'

import { RetryableError } from '../../src/errors/errors.ts'
import { Account } from '../../src/telemetry/accounting.ts'
import { idsOf, someTraces } from './some-traces.ts'
import { StoredExporters } from './stored-exporter.ts'

const { signal } = new AbortController()

it('TEL-10, RLD-03: the books go on when another instance takes the queue over', async () => {
  const rig = new StoredExporters()
  const account = new Account({ kind: 'exporter', id: 'test/1', pipelines: ['traces'] })
  const [one, two] = [account.member(), account.member()]
  const first = await rig.start({ accounting: one.accounting })
  rig.sender.script = () => {
    throw new RetryableError('NETWORK_ERROR', 'connection refused')
  }
  const traces = Array.from({ length: 6 }, () => someTraces())
  for (const each of traces) {
    await first.consume(each)
    account.took(each.spanCount)
    account.passed(each.spanCount)
  }
  await rig.settle()
  expect(account.read()).toMatchObject({ in: 6, out: 0, created: 0, held: 6, balanced: true })

  await first.exporter.shutdown(signal)
  expect(account.read()).toMatchObject({ held: 0, kept: 6, balanced: true })
  one.close()
  const second = await rig.start({ accounting: two.accounting })
  expect(account.read()).toMatchObject({ in: 6, created: 6, held: 6, kept: 6, balanced: true })

  rig.sender.script = () => undefined
  await rig.clock.advance(30_000)
  await rig.settle()
  expect(account.read()).toMatchObject({ in: 6, out: 6, created: 6, held: 0, kept: 6, balanced: true })
  expect(new Set(rig.sender.deliveredIds)).toEqual(new Set(idsOf(traces)))
  await second.exporter.shutdown(signal)
})
