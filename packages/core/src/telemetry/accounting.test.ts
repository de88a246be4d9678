import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { Account, type AccountOwner } from './accounting.ts'

const processor: AccountOwner = { kind: 'processor', id: 'p', pipelines: ['traces'] }
const receiver: AccountOwner = { kind: 'receiver', id: 'r', pipelines: ['traces'] }

describe('the books of a component (TEL-10)', () => {
  it('close when everything that came in is somewhere', () => {
    const account = new Account(processor)
    const { accounting } = account.member()
    account.took(10)
    account.passed(4)
    accounting.dropped(1, 'filtered')
    accounting.dropped(1, 'late')
    accounting.dropped(1, 'late')
    accounting.merged(2)
    accounting.held(() => 2)
    accounting.created(1)

    expect(account.read()).toEqual({
      ...processor,
      in: 10,
      out: 4,
      refused: 0,
      failed: 0,
      dropped: { filtered: 1, late: 2 },
      merged: 2,
      created: 1,
      held: 2,
      kept: 0,
      inFlight: 0,
      balanced: true,
    })
  })

  it('are never closed by spans that nobody counted', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.boolean(), (missing, inside) => {
        const account = new Account(processor)
        account.took(inside ? 100 + missing : 100)
        account.passed(inside ? 100 : 100 + missing)
        expect(account.read().balanced).toBe(false)
      }),
    )
  })

  it('may be open by what is in flight, to that side on which it can be', () => {
    const account = new Account(processor)
    account.entering(5)
    account.passed(5)
    expect(account.read()).toMatchObject({ balanced: true, inFlight: 5 })
    account.passed(1)
    expect(account.read().balanced).toBe(false)
    account.entering(-5)
    account.took(7)
    expect(account.read().balanced).toBe(false)
    account.leaving(1)
    expect(account.read().balanced).toBe(true)
  })

  it('count what an exporter says it has sent instead of what it has taken', () => {
    const account = new Account({ ...processor, kind: 'exporter' })
    account.took(3)
    account.passed(3)
    expect(account.read().out).toBe(3)
    account.member().accounting.sent(2)
    expect(account.read()).toMatchObject({ out: 2, balanced: false })
  })

  it('of a receiver have as much coming in as has become of it', () => {
    const account = new Account(receiver)
    const { accounting } = account.member()
    account.took(5)
    account.passed(5)
    accounting.dropped(2, 'unsupported')
    accounting.failed(3, 'http')
    expect(account.read()).toMatchObject({ in: 7, out: 5, failed: 3, balanced: true })
  })
})

describe('instances of a component', () => {
  it('share its books, but what one held goes with it', () => {
    const account = new Account(processor)
    const [first, second] = [account.member(), account.member()]
    first.accounting.held(() => 4)
    second.accounting.held(() => 1)
    account.took(5)
    expect(account.read()).toMatchObject({ held: 5, balanced: true })
    first.accounting.dropped(4, 'shutdown')
    first.close()
    expect(account.read()).toMatchObject({ held: 1, balanced: true })
  })

  it('make one gauge of what they hold, which is closed with the books', () => {
    const gauges: (() => number)[] = []
    let closed = 0
    const account = new Account(processor, { holds: (read) => gauges.push(read), close: () => closed++ })
    account.member().accounting.held(() => 4)
    const second = account.member()
    second.accounting.held(() => 1)
    expect(gauges.map((read) => read())).toEqual([5])
    second.close()
    expect(gauges.map((read) => read())).toEqual([4])
    account.close()
    expect(closed).toBe(1)
  })

  it('are named with the pipelines of the moment', () => {
    const account = new Account(processor)
    account.movedTo(['traces', 'traces/b'])
    expect(account.read().pipelines).toEqual(['traces', 'traces/b'])
  })
})
