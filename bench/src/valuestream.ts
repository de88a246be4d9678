import { freePort } from '@spanloom/interop'

import { figuresOf, measure } from './measure.ts'
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

/** Signed GitHub deliveries at a steady pace: verified, translated, assembled. */
export async function valuestream(
  { perSecond, seconds, bytes, rounds }: ValuestreamOptions,
  log: (line: string) => void,
): Promise<Section> {
  await using sender = startWorker<WebhookRequest, WebhookReply>(
    new URL('webhook-sender.ts', import.meta.url),
  )
  const listen = `127.0.0.1:${await freePort()}`
  await using collector = await startSpanloom(config(listen))
  const measured = []
  const notes: string[] = []
  let first = 0
  const send = async (forSeconds: number): Promise<WebhookReply> => {
    const target = `http://${listen}/github`
    const reply = await sender.call({ target, secret, bytes, perSecond, seconds: forSeconds, first })
    first += reply.sent
    return reply
  }
  // Warms up.
  await send(Math.min(2, seconds))
  for (let round = 1; round <= rounds; round++) {
    let reply: WebhookReply | undefined
    measured.push(
      await measure(collector.pid, perSecond * seconds, async () => {
        reply = await send(seconds)
      }),
    )
    log(`valuestream: round ${round} of ${rounds}`)
    if (reply !== undefined) notes.push(noteOf(reply))
  }
  return {
    title: `${perSecond} GitHub deliveries per second for ${seconds} s`,
    unit: 'deliveries',
    figures: [figuresOf('Spanloom', measured)],
    notes,
  }
}

function noteOf({ sent, seconds, bytes, statuses, p50, p99, max }: WebhookReply): string {
  const answers = [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ')
  const paced = `${sent} deliveries of ${(bytes / 1000).toFixed(1)} KB in ${seconds.toFixed(1)} s (${Math.round(sent / seconds)}/s)`
  return `${paced}: ${answers}; answered after ${p50.toFixed(1)} ms (p50), ${p99.toFixed(1)} ms (p99), ${max.toFixed(0)} ms at most.`
}
