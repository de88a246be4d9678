import { type Clock, sleep, systemClock } from '@spanloom/core'
import { type Command, Option } from 'commander'

import type { CliContext } from '../cli-context.ts'
import type { PaceFlags } from '../replay/replay-flags.ts'
import type { ReplayEnd } from '../replay/replay.ts'
import { type TokenFlags, tokenOf } from '../token.ts'
import type { Verb } from './verb.ts'

interface Flags extends PaceFlags, TokenFlags {
  readonly to: string
  readonly protocol?: 'http' | 'grpc'
  readonly retryFor: string
  readonly strict?: boolean
  readonly set: readonly string[]
}

/** How long what is being sent may go on after Ctrl-C. */
const graceMs = 3_000

/** Sends recorded data again. */
export const replayVerb: Verb = {
  define(program, context, act) {
    const verb = program
      .command('replay <files...>')
      .description(
        'Send recorded traces to an OTLP endpoint again, or recorded requests to an HTTP receiver.',
      )
      .requiredOption(
        '--to <endpoint>',
        'http://host:4318 or grpc://host:4317; of requests the address of the receiver',
      )
      .addOption(new Option('--protocol <protocol>', 'of OTLP (default: by --to)').choices(['http', 'grpc']))
    addPaceFlags(verb)
      .option(
        '--retry-for <duration>',
        'how long something is sent again that is not taken; 0 for once only',
        '1m',
      )
      .option('--strict', 'end at the first line that cannot be read or is not taken')
      .option('--token-env <name>', 'variable that holds a bearer token (default: SPANLOOM_REPLAY_TOKEN)')
      .option('--token-file <path>', 'file that holds a bearer token')
      .option(
        '--set <path=value>',
        'a setting of the exporter, such as exporters.otlp_http.tls.ca_file=ca.pem; may be repeated',
        (value: string, before: readonly string[]) => [...before, value],
        [],
      )
      .action((files: readonly string[], flags: Flags) =>
        act(() => replay(files, flags, context, systemClock)),
      )
  },
}

function addPaceFlags(command: Command): Command {
  return command
    .option(
      '--speed <factor>',
      'by the recorded times: 1 is their pace, 10 ten times faster, max does not wait',
      'max',
    )
    .option(
      '--shift <shift>',
      'move the times of spans: now, so that they begin now; to a time; or by a duration',
    )
    .option('--rate <n>', 'spans or requests in each second at most; 600/m in each minute')
    .option('--limit <n>', 'end after so many spans or requests')
    .option('--loop', 'begin again at the end, with trace ids of its own each time, until Ctrl-C')
}

async function replay(
  files: readonly string[],
  flags: Flags,
  context: CliContext,
  clock: Clock,
): Promise<number> {
  const [{ playBack }, { parsePace, parseRetryFor }, { progressLine }] = await Promise.all([
    import('../replay/replay.ts'),
    import('../replay/replay-flags.ts'),
    import('../progress/progress-line.ts'),
  ])
  const pace = parsePace(flags, clock)
  const retryForMs = parseRetryFor(flags.retryFor)
  const token = await tokenOf(flags, { fallback: 'SPANLOOM_REPLAY_TOKEN', owner: 'the destination' }, context)
  const progress = progressLine(context.stderr, clock, { barMs: 100 })
  const [stop, giveUp] = [new AbortController(), new AbortController()]
  const interrupt = (): void => {
    // Whoever asks twice does not want to wait.
    if (stop.signal.aborted) giveUp.abort()
    stop.abort()
    void sleep(clock, graceMs).then(() => giveUp.abort())
  }
  for (const name of ['SIGINT', 'SIGTERM']) context.events.on(name, interrupt)
  // Timers let the process end, and a slow pace has nothing else.
  const hold = setInterval(() => undefined, 60_000)
  try {
    const end = await playBack({
      files,
      pace,
      strict: flags.strict === true,
      progress,
      clock,
      stop: stop.signal,
      giveUp: giveUp.signal,
      async traces() {
        const { tracesDestination } = await import('../replay/traces-destination.ts')
        const { to, protocol, set } = flags
        return tracesDestination({ to, protocol, token, retryForMs, set, clock }, context)
      },
      async requests() {
        const [{ parseHttpUrl, requestDestination }, { defaultPaths }] = await Promise.all([
          import('../replay/request-destination.ts'),
          import('@spanloom/receiver-valuestream/backfill'),
        ])
        return requestDestination({
          to: parseHttpUrl(flags.to),
          paths: defaultPaths,
          headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
          retryForMs,
          clock,
          random: Math.random,
        })
      },
    })
    progress.end()
    return summarize(end, progress.say)
  } finally {
    progress.end()
    clearInterval(hold)
    for (const name of ['SIGINT', 'SIGTERM']) context.events.off(name, interrupt)
  }
}

const words: Readonly<Record<NonNullable<ReplayEnd['endedBy']>, string>> = {
  limit: 'Ended at the limit',
  stop: 'Interrupted',
  strict: 'Ended at the first fault',
  refused: 'Ended because the destination refuses everything',
  unreachable: 'Ended because the destination takes nothing',
}

/** Says what became of everything, and answers the exit code. */
function summarize({ tally, kind, endedBy }: ReplayEnd, say: (sentence: string) => void): number {
  const { taken, sent, refused, broken } = tally
  const counted =
    kind === 'requests'
      ? `${taken} of ${some(sent, 'request')}`
      : `${some(taken, 'span')} of ${some(sent, 'batch', 'batches')}`
  const parts = [
    `${counted} taken`,
    ...(refused === 0 ? [] : [`${refused} not taken`]),
    ...(broken === 0 ? [] : [`${some(broken, 'message')} could not be read`]),
  ]
  say(`${endedBy === undefined ? 'Done' : words[endedBy]}: ${parts.join(', ')}.`)
  for (const [reason, count] of tally.reasons()) say(`  ${count} not taken: ${reason}`)
  return refused > 0 || broken > 0 || endedBy === 'unreachable' ? 1 : 0
}

const some = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`
