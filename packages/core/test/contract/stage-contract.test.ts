import { expect, it } from 'vitest'

import { defineConnector } from '../../src/component/define.ts'
import {
  sampleTraces,
  stageChecks,
  testConnectorContract,
  testProcessorContract,
  type StageContract,
} from '../../src/testing/index.ts'
import { Span } from '../../src/traces/span.ts'
import { Traces } from '../../src/traces/traces.ts'
import { CollectingProcessor, MarkingProcessor, processorFactory } from './small-processors.ts'

const passes: StageContract = { config: {} }
const holds: StageContract = { config: {}, holds: true, runMs: 500 }

testProcessorContract(processorFactory(MarkingProcessor), passes)
testProcessorContract(processorFactory(CollectingProcessor), holds)
testConnectorContract(
  defineConnector({
    type: 'passing',
    stability: 'development',
    schema: { type: 'object', properties: {} },
    create: (options) => new MarkingProcessor({ ...options, config: { key: 'passed' } }),
  }),
  passes,
)

/** Runs one check of the contract by the words of its name. */
function check(
  words: string,
  Processor: Parameters<typeof processorFactory>[0],
  contract: StageContract = passes,
): Promise<void> {
  const found = stageChecks.filter(({ name }) => name.includes(words))
  expect(found).toHaveLength(1)
  return found[0]?.run(processorFactory(Processor), contract) ?? Promise.reject(new Error('No such check.'))
}

it('finds a processor that loses links', async () => {
  class Losing extends MarkingProcessor {
    override change(traces: Traces): Traces {
      return traces.map(({ traceId, spanId, name, resource, scope }) =>
        Span.of(sampleSpan({ traceId, spanId, name }), resource, scope),
      )
    }
  }

  await expect(check('links', Losing)).rejects.toThrow('lost a link')
})

it('finds a processor that loses resources', async () => {
  class Losing extends MarkingProcessor {
    override change(traces: Traces): Traces {
      return traces.map((span) => span.with({ resource: span.resource.with({ remove: ['contract.mark'] }) }))
    }
  }

  await expect(check('links', Losing)).rejects.toThrow('lost an attribute of its resource')
})

it('finds a processor that loses fields that it does not know', async () => {
  class Losing extends MarkingProcessor {
    override change(traces: Traces): Traces {
      return traces.map((span) => {
        const known = span.bytes.subarray(0, span.bytes.length - 7)
        return Span.of(known, span.resource, span.scope)
      })
    }
  }

  await expect(check('links', Losing)).rejects.toThrow('lost a field that it does not know')
})

it('finds a processor of whose output nothing is left to check', async () => {
  class Dropping extends MarkingProcessor {
    override change(): Traces {
      return Traces.empty
    }
  }

  await expect(check('links', Dropping)).rejects.toThrow('No span of the contract comes out')
  await expect(check('equal output', Dropping)).rejects.toThrow('No span of the contract comes out')
})

it('finds a processor whose output differs from instance to instance', async () => {
  let instances = 0
  class Random extends MarkingProcessor {
    readonly #instance = ++instances
    override change(traces: Traces): Traces {
      return traces.map((span) => span.with({ attributes: { instance: this.#instance } }))
    }
  }

  await expect(check('equal output', Random)).rejects.toThrow('different spans of equal input')
})

it('finds a processor that hands on empty batches', async () => {
  class Empty extends MarkingProcessor {
    override async consumeTraces(traces: Traces): Promise<void> {
      await this.options.next.consumeTraces(traces, { signal: new AbortController().signal })
    }
  }

  await expect(check('empty batch', Empty)).rejects.toThrow('hands on a batch for an empty one')
})

it('finds a processor that makes other errors of those of the next stage', async () => {
  class Rewriting extends MarkingProcessor {
    override async consumeTraces(...args: Parameters<MarkingProcessor['consumeTraces']>): Promise<void> {
      await super.consumeTraces(...args).catch((error: unknown) => {
        throw new Error('It did not work.', { cause: error })
      })
    }
  }

  await expect(check('errors of the next', Rewriting)).rejects.toThrow('makes another error')
})

it('finds a processor that does not count what it drops', async () => {
  class Silent extends MarkingProcessor {
    override async consumeTraces(
      ...[traces, context]: Parameters<MarkingProcessor['consumeTraces']>
    ): Promise<void> {
      const changed = this.change(traces)
      if (changed.spanCount > 0) await this.options.next.consumeTraces(changed, context)
    }
  }

  await expect(check('accounts for every span', Silent)).rejects.toThrow('The books do not balance')
})

it('finds a processor that does not count what it could not hand on', async () => {
  class Silent extends CollectingProcessor {
    override drop(): void {}
  }

  await expect(check('refused for good', Silent, holds)).rejects.toThrow('0 went out, 0 were dropped')
  await expect(check('at random', Silent, { ...holds, runMs: 1_000 })).rejects.toThrow('do not balance')
})

it('finds a processor that forgets what it holds when it is shut down', async () => {
  class Forgetful extends CollectingProcessor {
    override async shutdown(): Promise<void> {}
  }

  await expect(check('accounts for every span', Forgetful, holds)).rejects.toThrow('still holds 24 spans')
  await expect(check('nothing open', Forgetful, holds)).rejects.toThrow('left a timer behind')
})

it('finds a processor that does not say what it holds', async () => {
  class Secretive extends CollectingProcessor {
    override count(): number {
      return 0
    }
  }

  await expect(check('accounts for every span', Secretive, holds)).rejects.toThrow('0 are held')
})

function sampleSpan(ids: {
  readonly traceId: string
  readonly spanId: string
  readonly name: string
}): Uint8Array {
  const [traces = Traces.empty] = sampleTraces(1)
  const [first] = traces.spans()
  return first?.with(ids).bytes ?? new Uint8Array()
}
