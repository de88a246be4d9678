import { setTimeout as elapse } from 'node:timers/promises'

import type { AccountReading } from '@spanloom/core'

import { bookOf, closedBooks } from '../books.ts'
import { temporaryFolder } from '../example-run.ts'
import { type CliProcess, readySentence } from '../process.ts'
import { CollectingBackend } from './collecting-backend.ts'
import { Senders, type SendersReport } from './senders.ts'
import { judge, type Verdict } from './verdict.ts'
import { prepareVictim, type Victim } from './victim.ts'
import { WorkShop } from './work.ts'

/** When a process is killed. */
export const moments = ['start', 'load', 'reload', 'drain'] as const
export type Moment = (typeof moments)[number]

export interface KillRoundsOptions {
  readonly rounds: number
  readonly seed: number
  readonly senders?: number
  readonly log?: (line: string) => void
}

export interface KillReport extends Omit<SendersReport, 'expected'>, Verdict {
  readonly kills: Readonly<Record<Moment, number>>
  /** Deliveries of a span that had been delivered before, which at-least-once allows. */
  readonly repeated: number
  /** Books of the last process, which close. */
  readonly books: readonly AccountReading[]
  /** What processes wrote that nobody may have to read: errors. */
  readonly complaints: readonly string[]
  readonly exitCode: number
}

const arrivalMs = 60_000

/**
 * Kills a `spanloom` process under load again and again, at moments that the seed chooses, and starts it anew. In the
 * end everything that was acknowledged has to have arrived, once and whole.
 */
export async function killRounds(options: KillRoundsOptions): Promise<KillReport> {
  const { rounds, seed, senders: count = 6, log = () => undefined } = options
  const random = numbersFrom(seed)
  await using folder = await temporaryFolder()
  await using backend = await CollectingBackend.listen(numbersFrom(seed + 1))
  const victim = await prepareVictim(folder.path, backend.url)
  const senders = new Senders(victim.doors, new WorkShop(random), random, count)
  const kills: Record<Moment, number> = { start: 0, load: 0, reload: 0, drain: 0 }
  const complaints: string[] = []

  for (let round = 1; round <= rounds; round++) {
    const moment = moments[Math.floor(random() * moments.length)] ?? 'load'
    const cli = await victim.start()
    await killAt(moment, cli, victim, round, random, senders)
    kills[moment]++
    complaints.push(...complaintsOf(cli))
    if (round % 10 === 0) log(`${round} rounds, ${senders.acknowledged} requests acknowledged`)
  }

  await using last = await victim.start()
  await last.waitFor(readySentence)
  const { expected, ...sent } = await senders.finish()
  const deadline = performance.now() + arrivalMs
  while (judge(expected, backend).lost.length > 0 && performance.now() < deadline) await elapse(100)
  const books = await closedBooks(victim.admin)
  last.signal('SIGTERM')
  const exitCode = await last.exit
  complaints.push(...complaintsOf(last))
  return {
    ...sent,
    ...judge(expected, backend),
    kills,
    repeated: backend.repeated,
    books,
    complaints,
    exitCode,
  }
}

async function killAt(
  moment: Moment,
  cli: CliProcess,
  victim: Victim,
  round: number,
  random: () => number,
  senders: Senders,
): Promise<void> {
  if (moment === 'start') await elapse(random() * 700)
  else {
    await cli.waitFor(readySentence)
    const before = senders.acknowledged
    while (senders.acknowledged < before + 5) await elapse(5)
    await elapse(random() * 400)
  }
  if (moment === 'reload') {
    await victim.change(round)
    cli.child.kill('SIGHUP')
    await elapse(random() * 250)
  }
  if (moment === 'drain') {
    cli.child.kill('SIGTERM')
    await elapse(random() * 150)
  }
  await cli[Symbol.asyncDispose]()
}

/** Errors in the log of a process; whoever is killed while it reloads a broken file has told of that one. */
function complaintsOf(cli: CliProcess): readonly string[] {
  return cli
    .stderr()
    .split('\n')
    .filter((line) => /\t(error|fatal)\t/.test(line) && !line.includes('Config not updated'))
}

/** Random numbers below 1 that depend on nothing but the seed (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const some = (list: readonly string[]): readonly string[] => list.slice(0, 5)

/** What a report says in a few lines; `faults` are the first of each kind. */
export function summary({ books, lost, extra, wrong, complaints, ...rest }: KillReport): object {
  const assembly = bookOf(books, 'span_assembly')
  return {
    ...rest,
    lost: lost.length,
    extra: extra.length,
    wrong: wrong.length,
    complaints: complaints.length,
    held: assembly.held,
    faults: [...some(lost), ...some(extra), ...some(wrong), ...some(complaints)],
  }
}
