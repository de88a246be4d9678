import { systemClock } from '@spanloom/core'
import type { Command } from 'commander'

import type { BackfillJob } from '../backfill/backfill.ts'
import type { OutputFlags } from '../backfill/output.ts'
import type { HistorySource, RequestFlags } from '../backfill/request.ts'
import type { CliContext } from '../cli-context.ts'
import { addConfigFlags, collect } from '../config-flags.ts'
import type { Verb } from './verb.ts'

interface Flags extends OutputFlags, RequestFlags {
  readonly repo?: readonly string[]
  readonly project?: readonly string[]
  readonly receiver?: string
}

/** Reads history and feeds it to the translation that webhooks take. */
export const backfillVerb: Verb = {
  define(program, context, act) {
    const verb = program
      .command('backfill')
      .description('Make spans of history: of GitHub, GitLab, Jira, or of recorded webhooks.')
    for (const source of ['github', 'gitlab', 'jira'] as const) {
      const item = source === 'github' ? '--repo <owner/name>' : '--project <name>'
      const command = verb
        .command(source)
        .description(`Read the history of ${titles[source]} over its API.`)
        .requiredOption(
          item,
          `${source === 'github' ? 'repository' : 'project'} to read; may be repeated`,
          collect,
        )
        .option(
          '--since <time>',
          'what ended from then on: a date, a time, or how long ago such as 30d',
          '90d',
        )
        .option('--until <time>', 'what ended before then (default: now)')
        .option('--api-url <url>', 'address of the API, for servers of your own')
        .option(
          '--token-env <name>',
          `variable that holds the token (default: ${source.toUpperCase()}_TOKEN)`,
        )
        .option('--token-file <path>', 'file that holds the token')
        .option('--resume <path>', 'file that remembers how far it came, and from which it goes on')
      if (source === 'jira') command.option('--user <e-mail>', 'whose token it is (default: JIRA_USER)')
      addOutputFlags(command).action((flags: Flags) => act(() => backfillSource(source, flags, context)))
    }
    addOutputFlags(
      verb.command('recorded <files...>').description('Read recorded webhooks, one in each line.'),
    ).action((files: readonly string[], flags: Flags) => act(() => backfillFiles(files, flags, context)))
  },
}

const titles: Readonly<Record<HistorySource, string>> = {
  github: 'GitHub',
  gitlab: 'GitLab',
  jira: 'Jira Cloud',
}

function addOutputFlags(command: Command): Command {
  return addConfigFlags(command)
    .option('--endpoint <url>', 'OTLP/HTTP endpoint that gets the spans, instead of a configuration')
    .option(
      '--out <path>',
      'file that gets the spans as OTLP JSON lines, instead of a configuration; begun anew without --resume',
    )
    .option('--keep', 'stay up when everything is read, such as for the metrics page; Ctrl-C ends it')
    .option(
      '--receiver <id>',
      'which valuestream receiver of the configuration to stand in for (default: the first)',
    )
}

async function backfillSource(source: HistorySource, flags: Flags, context: CliContext): Promise<number> {
  const [
    { backfill },
    { apiUrlOf, authHeaders, checkNames, parseMoment },
    { progressReport },
    resuming,
    door,
  ] = await Promise.all([
    import('../backfill/backfill.ts'),
    import('../backfill/request.ts'),
    import('../backfill/progress.ts'),
    import('../backfill/resume-file.ts'),
    import('@spanloom/receiver-valuestream/backfill'),
  ])
  const clock = systemClock
  const names = flags.repo ?? flags.project ?? []
  checkNames(source, names)
  const api = door.parseApiUrl(apiUrlOf(source, flags)).href.replace(/\/$/, '')
  const token = flags.resume === undefined ? undefined : await resuming.readResumeFile(flags.resume)
  if (token !== undefined) resuming.checkSameScope(token, { source, api, names })
  const now = clock.now()
  const range = token?.scope ?? {
    sinceMs: parseMoment('--since', flags.since, now),
    untilMs: flags.until === undefined ? now : parseMoment('--until', flags.until, now),
  }
  const headers = await authHeaders(source, flags, context)
  const report = progressReport(context.stderr, clock)
  if (token !== undefined) report.say(`Going on where ${flags.resume} says.`)
  const historyOf: BackfillJob['historyOf'] = (signal) => {
    const client = new door.RestClient({
      apiUrl: api,
      headers,
      clock,
      signal,
      random: Math.random,
      onWait: (ms, reason, detail) => report.wait(ms, reason, detail),
    })
    const histories = {
      github: () => door.githubHistory({ client, repositories: names, range }),
      gitlab: () => door.gitlabHistory({ client, projects: names, range }),
      jira: () => door.jiraHistory({ client, projects: names, range }),
    }
    return { history: histories[source](), close: () => client.close() }
  }
  const scope = { source, api, names, sinceMs: range.sinceMs, untilMs: range.untilMs }
  return backfill({ flags, historyOf, scope, from: token, report, clock }, context)
}

async function backfillFiles(files: readonly string[], flags: Flags, context: CliContext): Promise<number> {
  const [{ backfill }, { progressReport }, { recordedHistory }] = await Promise.all([
    import('../backfill/backfill.ts'),
    import('../backfill/progress.ts'),
    import('@spanloom/receiver-valuestream/backfill'),
  ])
  return backfill(
    {
      flags,
      historyOf: () => ({ history: recordedHistory({ files, readFile: (path) => context.readFile(path) }) }),
      scope: { source: 'recorded', api: '', names: files, sinceMs: 0, untilMs: 0 },
      from: undefined,
      report: progressReport(context.stderr, systemClock),
      clock: systemClock,
    },
    context,
  )
}
