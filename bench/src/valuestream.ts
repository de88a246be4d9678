import { fileURLToPath } from 'node:url'

import { freePort, startProcess } from '@spanloom/interop'

import { figuresOf, measure, type Round } from './measure.ts'
import { giveOneCore } from './one-core.ts'
import type { Section } from './pass-through.ts'
import { startSpanloom } from './systems.ts'
import type { WebhookReply, WebhookRequest } from './webhook-sender.ts'
import { startWorker } from './worker-process.ts'

const secret = "It's a Secret to Everybody"

const config = (listen: string): string => `
receivers:
  valuestream:
    endpoint: "${listen}"
    infer_parents: [closing_keywords, jira_keys]
    sources: { github: { secret: "${secret}" } }
processors:
  span_assembly: { profiles: { valuestream: { settle: 50ms } } }
exporters: { nop: }
service:
  pipelines:
    traces: { receivers: [valuestream], processors: [span_assembly], exporters: [nop] }
  telemetry: { logs: { level: info }, metrics: { level: none } }
`

/** How many deliveries, how large and for how long. */
export interface ValuestreamOptions {
  readonly perSecond: number
  readonly seconds: number
  readonly bytes: number
  readonly rounds: number
}

/**
 * Signed GitHub deliveries at a steady pace: verified, translated, assembled; beside them a bare HTTP server, which
 * shows what of that is Node's own. Each of the two has one core.
 */
export async function valuestream(
  { perSecond, seconds, bytes, rounds }: ValuestreamOptions,
  log: (line: string) => void,
): Promise<Section> {
  const listen = `127.0.0.1:${await freePort()}`
  await using collector = await startSpanloom(config(listen))
  await using bare = await startProcess({
    command: process.execPath,
    args: [fileURLToPath(new URL('bare-webhook-server.ts', import.meta.url))],
    ready: /ready on (\d+)/,
  })
  using oneCore = giveOneCore([collector.pid, bare.pid])
  // Started here, it is on the cores that this process has kept for itself.
  await using sender = startWorker<WebhookRequest, WebhookReply>(
    new URL('webhook-sender.ts', import.meta.url),
  )
  const variants = [
    { name: 'Spanloom', pid: collector.pid, target: `http://${listen}/github` },
    { name: 'bare HTTP server', pid: bare.pid, target: `http://127.0.0.1:${bare.ready[1]}/` },
  ].map((variant) => ({ ...variant, rounds: Array<Round>() }))
  const notes = [
    oneCore !== undefined
      ? 'Each server has one core for all its threads; the sender is on another.'
      : 'All processes share all cores: there is only one, or taskset is missing.',
  ]
  let first = 0
  // The first round warms up. The variants take turns, because the machine may have other work.
  for (let round = 0; round <= rounds; round++)
    for (const { name, pid, target, rounds: measured } of variants) {
      const forSeconds = round === 0 ? Math.min(2, seconds) : seconds
      let note = ''
      const cost = await measure(pid, perSecond * forSeconds, async () => {
        const reply = await sender.call({ target, secret, bytes, perSecond, seconds: forSeconds, first })
        first += reply.sent
        note = noteOf(reply)
      })
      log(`valuestream: ${name}, round ${round} of ${rounds}`)
      if (round === 0) continue
      measured.push(cost)
      notes.push(`${name}: ${note}`)
    }
  return {
    title: `${perSecond} GitHub deliveries per second for ${seconds} s`,
    unit: 'deliveries',
    figures: variants.map(({ name, rounds: measured }) => figuresOf(name, measured)),
    notes,
  }
}

function noteOf({ sent, seconds, bytes, statuses, p50, p99, max }: WebhookReply): string {
  const answers = [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ')
  const paced = `${sent} deliveries of ${(bytes / 1000).toFixed(1)} KB in ${seconds.toFixed(1)} s (${Math.round(sent / seconds)}/s)`
  return `${paced}: ${answers}; answered after ${p50.toFixed(1)} ms (p50), ${p99.toFixed(1)} ms (p99), ${max.toFixed(0)} ms at most.`
}
