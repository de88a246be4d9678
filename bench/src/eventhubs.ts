import type { HubClientReply, HubClientRequest } from './eventhubs-client.ts'
import type { HubServerReply, HubServerRequest } from './eventhubs-server.ts'
import { figuresOf, type Round } from './measure.ts'
import type { Section } from './pass-through.ts'
import { startWorker, type WorkerProcess } from './worker-process.ts'

export interface EventHubsOptions {
  /** Events in each round. */
  readonly events: number
  readonly rounds: number
}

/** Size of a body, that of a usual flow event. */
const bytes = 600

const sides = ['sdk', 'spanloom'] as const
const names = { sdk: 'bare @azure/event-hubs', spanloom: 'Spanloom' } as const

/**
 * Sends to and reads from the stand-in for Event Hubs, with our client and with the bare SDK of Azure under the same
 * sizes. Client and stand-in are processes of their own; the variants take turns.
 */
export async function eventHubs(
  { events, rounds }: EventHubsOptions,
  log: (line: string) => void,
): Promise<Section[]> {
  await using server = startWorker<HubServerRequest, HubServerReply>(
    new URL('eventhubs-server.ts', import.meta.url),
  )
  const { connection } = await server.call({ kind: 'fill', events, bytes })
  const sections: Section[] = []
  for (const what of ['send', 'receive'] as const) {
    await using clients = startClients()
    const measured: Record<(typeof sides)[number], Round[]> = { sdk: [], spanloom: [] }
    const run = async (side: (typeof sides)[number]): Promise<Round> => {
      const cost = await clients[side].call({ what, with: side, connection, events, bytes })
      return { units: events, ...cost }
    }
    // The first round of each is for the compiler.
    for (const side of sides) await run(side)
    for (let round = 0; round < rounds; round++)
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
        const one = await run(side)
        measured[side].push(one)
        log(
          `Event Hubs, ${what}, ${names[side]}: ${Math.round(events / one.seconds)} events/s, ${cpuMicros(one)} µs of CPU each`,
        )
      }
    const share = (median(measured.spanloom) / median(measured.sdk)) * 100
    sections.push({
      title: `Event Hubs over AMQP, ${what}, events of ${bytes} bytes`,
      unit: 'events',
      figures: sides.map((side) => figuresOf(names[side], measured[side])),
      notes: [`Spanloom reaches ${share.toFixed(0)} % of the events per second of the bare SDK (medians).`],
    })
  }
  return sections
}

interface Clients extends AsyncDisposable {
  readonly sdk: WorkerProcess<HubClientRequest, HubClientReply>
  readonly spanloom: WorkerProcess<HubClientRequest, HubClientReply>
}

function startClients(): Clients {
  const module = new URL('eventhubs-client.ts', import.meta.url)
  const sdk = startWorker<HubClientRequest, HubClientReply>(module)
  const spanloom = startWorker<HubClientRequest, HubClientReply>(module)
  return {
    sdk,
    spanloom,
    async [Symbol.asyncDispose]() {
      await sdk[Symbol.asyncDispose]()
      await spanloom[Symbol.asyncDispose]()
    },
  }
}

const cpuMicros = ({ cpuSeconds, units }: Round): string => ((cpuSeconds / units) * 1e6).toFixed(1)

function median(rounds: readonly Round[]): number {
  const rates = rounds.map(({ units, seconds }) => units / seconds).toSorted((a, b) => a - b)
  return rates[Math.trunc(rates.length / 2)] ?? 0
}
