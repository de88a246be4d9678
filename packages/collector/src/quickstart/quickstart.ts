import { type Clock, type CollectorConfig, wantsColor } from '@spanloom/core'
import { renderTree } from '@spanloom/exporter-file'
import { request } from 'undici'

import type { CliContext } from '../cli-context.ts'
import { addressesOf, type Addresses } from './addresses.ts'
import { sampleFlow } from './sample-flow.ts'
import { waitForTrace } from './traces-file.ts'

const sampleTraceId = 'edbd5ddbb20644378ac35401b148c8cb'
const sampleSpans = 3
const patienceMs = 30_000

/**
 * What the quickstart does once the collector runs: posts the sample events to the receiver over HTTP, waits for
 * the assembled spans in the file that the exporter writes, and shows them.
 *
 * @throws Error when the receiver refuses the events or the spans do not come within 30 seconds.
 */
export async function showMainJob(
  config: CollectorConfig,
  { stdout, env }: CliContext,
  clock: Clock,
  stop: AbortSignal,
): Promise<void> {
  const say = (text: string): void => void stdout.write(`${text}\n`)
  const addresses = addressesOf(config)
  const half = sampleFlow.length / 2

  say(
    `The collector runs. ${sampleFlow.length} events of an Invictus flow go to http://${addresses.invictus}/, the end before the start:`,
  )
  for (const events of [sampleFlow.slice(0, half), sampleFlow.slice(half)]) {
    const answer = await request(`http://${addresses.invictus}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(events),
      signal: stop,
    })
    const body = await answer.body.text()
    if (answer.statusCode !== 200) throw new Error(`The receiver answered ${answer.statusCode}: ${body}`)
    say(`  POST ${events.length} events → ${answer.statusCode} ${body}`)
  }

  const signal = AbortSignal.any([stop, AbortSignal.timeout(patienceMs)])
  const spans = await waitForTrace(addresses.tracesFile, sampleTraceId, sampleSpans, clock, signal)
  say(`\nOut came one trace, in ${addresses.tracesFile}:\n`)
  stdout.write(renderTree(spans, { color: wantsColor(stdout, env) }))
  say(`\n${openAddresses(addresses)}`)
}

const openAddresses = ({ invictus, otlp, health, metrics }: Addresses): string => `Open while it runs:
  http://${invictus}/           Invictus events (JSON)
  http://${otlp}/v1/traces  OTLP traces, whole spans or fragments
  http://${health}/          health
  http://${metrics}/metrics    the collector’s own metrics`

/** What a newcomer can do next, with the addresses of this run. */
export const nextSteps = ({ invictus, tracesFile }: Addresses): string => `Try next:
  sed s/edbd5ddb/12345678/ config/samples/invictus-flow.json | \\
    curl -s http://${invictus}/ -H 'content-type: application/json' --data @-    another flow, another trace
  tail -f ${tracesFile}
  edit config/quickstart.yaml, then: npm start
  docs/guide/first-pipeline.md leads to a pipeline of your own.`
