import { type Delivery, Dice, minute, second, time } from './delivery.ts'
import type { Pull, Repository } from './github-bodies.ts'
import { Github, type Issue, pullReference, type Run } from './github.ts'
import { type Build, buildReference, jenkinsBuild } from './jenkins.ts'
import { Jira, type Ticket } from './jira.ts'

const booking: Repository = { id: 512_001, name: 'booking' }
const website: Repository = { id: 512_002, name: 'website' }

/** A week of one team, told by its tools. Equal seeds give equal weeks. */
export function weekOf(seed: number): readonly Delivery[] {
  const dice = new Dice(seed)
  const [jira, github] = [new Jira(dice), new Github(dice)]
  const told: Delivery[] = []
  const tell = (...deliveries: readonly Delivery[]): void => void told.push(...deliveries)

  let runId = 13_600_000_100
  const ticket = (key: string, type: Ticket['type'], summary: string, created: string): Ticket => {
    const made = { key, type, summary, created: time(created) }
    tell(
      jira.created(made, 'Backlog'),
      jira.moved(made, 'Selected for Development', made.created + 5 * minute),
    )
    return made
  }
  /** A pull request that is opened, checked by Actions and reviewed. */
  const pull = (
    number: number,
    of: Ticket | undefined,
    title: string,
    opened: string,
    flaky = false,
  ): Pull => {
    const slug = title.toLowerCase().replaceAll(/\W+/g, '-')
    const made: Pull = {
      repository: booking,
      id: 2_100_000_000 + number * 37,
      number,
      branch: of === undefined ? slug : `feature/vstrace-jiracloud-issue-${of.key}-${slug}`,
      title,
      opened: time(opened),
      headSha: dice.hex(40),
      labels: of?.type === 'Bug' ? ['bug'] : [],
    }
    if (of !== undefined)
      tell(
        jira.assigned(of, made.opened - 90 * minute),
        jira.moved(of, 'In Progress', made.opened - 85 * minute),
        jira.moved(of, 'In Review', made.opened + 2 * minute),
      )
    tell(github.pull(made, 'opened', made.opened))
    tell(github.pull(made, 'review_requested', made.opened + 20 * second))
    const run: Run = {
      repository: booking,
      id: runId++,
      workflow: 'checks',
      event: 'pull_request',
      branch: made.branch,
      sha: made.headSha,
      created: made.opened + 5 * second,
      pull: made,
      jobs: ['lint', 'test'],
    }
    if (flaky) tell(...github.run(run, 1, 'failure').deliveries)
    tell(...github.run(run, flaky ? 2 : 1, 'success').deliveries)
    return made
  }
  const merge = (of: Pull, at: string): string => {
    const sha = dice.hex(40)
    tell(github.reviewed(of, 'approved', time(at) - 4 * minute), github.closed(of, time(at), sha))
    return sha
  }
  const build = (of: Build): string => {
    tell(...jenkinsBuild(of, dice).deliveries)
    return buildReference(of)
  }
  let buildNumber = 208
  const compile = (cause: string, sha: string, start: string, result: Build['result'] = 'SUCCESS'): string =>
    build({
      job: 'booking-build',
      number: buildNumber++,
      result,
      start: time(start),
      takes: [240, 420],
      sha,
      cause,
    })
  let deployNumber = 28
  const deploy = (
    environment: 'staging' | 'production',
    cause: string,
    sha: string,
    start: string,
    result: Build['result'] = 'SUCCESS',
  ): string =>
    build({
      job: 'deploy-booking',
      number: deployNumber++,
      result,
      start: time(start),
      takes: [90, 260],
      sha,
      cause,
      environment,
    })
  const done = (of: Ticket, at: string): void => tell(jira.moved(of, 'Done', time(at)))

  const sprint = [time('mon 09:00'), time('fri 16:00')] as const
  tell(jira.sprint('sprint_started', sprint[0], sprint))
  const seats = ticket('BOOK-101', 'Story', 'Pick a seat while booking', 'mon 09:10')
  const rounding = ticket('BOOK-102', 'Bug', 'The total is rounded per line', 'mon 09:15')
  const invoices = ticket('BOOK-103', 'Story', 'Invoices as PDF', 'mon 09:20')
  const trips = ticket('BOOK-106', 'Story', 'Remember the last trip', 'tue 15:00')

  // Monday: a fix. Its deployment fails at first.
  const roundingPull = pull(42, rounding, 'Round the total once', 'mon 11:30', true)
  const roundingSha = merge(roundingPull, 'mon 14:05')
  const roundingBuild = compile(pullReference(roundingPull), roundingSha, 'mon 14:06')
  deploy('staging', roundingBuild, roundingSha, 'mon 14:20')
  deploy('production', roundingBuild, roundingSha, 'mon 14:50', 'FAILURE')
  deploy('production', roundingBuild, roundingSha, 'mon 15:20')
  done(rounding, 'mon 15:30')

  // Tuesday: a feature goes all the way.
  const seatsPull = pull(41, seats, 'Pick a seat', 'mon 13:40')
  tell(github.reviewed(seatsPull, 'changes_requested', time('mon 15:10')))
  tell(github.pull({ ...seatsPull, headSha: dice.hex(40) }, 'synchronize', time('tue 09:05')))
  const seatsSha = merge(seatsPull, 'tue 10:15')
  const seatsBuild = compile(pullReference(seatsPull), seatsSha, 'tue 10:16')
  deploy('staging', seatsBuild, seatsSha, 'tue 10:30')
  deploy('production', seatsBuild, seatsSha, 'tue 11:05')
  done(seats, 'tue 11:20')

  // Wednesday: invoices go out, bring an incident, and are rolled back.
  const invoicesPull = pull(43, invoices, 'Invoices as PDF', 'tue 10:50')
  const invoicesSha = merge(invoicesPull, 'wed 11:20')
  compile(pullReference(invoicesPull), invoicesSha, 'wed 11:21', 'FAILURE')
  const invoicesBuild = compile(pullReference(invoicesPull), invoicesSha, 'wed 11:40')
  deploy('staging', invoicesBuild, invoicesSha, 'wed 12:00')
  const bad = deploy('production', invoicesBuild, invoicesSha, 'wed 13:10')
  done(invoices, 'wed 13:20')
  const incident: Issue = {
    repository: booking,
    number: 44,
    title: 'Booking answers slowly',
    body: `Memory grows since ${bad}`,
    opened: time('wed 13:40'),
    labels: ['incident'],
  }
  tell(github.issue(incident, 'opened', incident.opened))
  tell(jira.moved(invoices, 'In Progress', time('wed 13:45')))
  deploy('production', seatsBuild, seatsSha, 'wed 14:05')
  tell(github.issue(incident, 'closed', time('wed 14:20')))

  // Thursday: the memory is mended, then two changes go out at once.
  const memory = ticket('BOOK-104', 'Bug', 'Invoices eat the memory', 'wed 13:55')
  const memoryPull = pull(45, memory, 'Stream the pages', 'wed 15:30')
  const memorySha = merge(memoryPull, 'thu 09:40')
  const memoryBuild = compile(pullReference(memoryPull), memorySha, 'thu 09:41')
  deploy('staging', memoryBuild, memorySha, 'thu 10:00')
  deploy('production', memoryBuild, memorySha, 'thu 10:30')
  done(memory, 'thu 10:40')
  done(invoices, 'thu 10:45')
  const update = ticket('BOOK-105', 'Task', 'Update the dependencies', 'wed 16:00')
  const updatePull = pull(46, update, 'Update everything', 'thu 10:00', true)
  tell(
    github.closed(updatePull, time('thu 16:00'), undefined),
    jira.moved(update, 'Backlog', time('thu 16:05')),
  )
  const tripsPull = pull(47, trips, 'Remember the last trip', 'wed 10:00')
  merge(tripsPull, 'thu 15:10')
  const logs = ticket('BOOK-107', 'Task', 'Log less', 'thu 13:00')
  const logsPull = pull(48, logs, 'Log less', 'thu 14:35')
  const logsSha = merge(logsPull, 'thu 15:20')
  const logsBuild = compile(pullReference(logsPull), logsSha, 'thu 15:21')
  deploy('staging', logsBuild, logsSha, 'thu 15:40')
  deploy('production', logsBuild, logsSha, 'thu 16:05')
  done(trips, 'thu 16:20')
  done(logs, 'thu 16:21')

  // Friday: the website, which GitHub Actions publishes; and something that stays open.
  const typo: Issue = {
    repository: website,
    number: 7,
    title: 'The timetable of the night ferry is out of date',
    body: 'Reported by mail.',
    opened: time('fri 08:30'),
    labels: ['bug'],
  }
  tell(github.issue(typo, 'opened', typo.opened))
  const typoPull: Pull = {
    repository: website,
    id: 2_100_009_008,
    number: 8,
    branch: 'vstrace-github-issue-website-7',
    title: 'Summer timetable',
    opened: time('fri 09:20'),
    headSha: dice.hex(40),
  }
  const typoSha = dice.hex(40)
  tell(github.pull(typoPull, 'opened', typoPull.opened), github.closed(typoPull, time('fri 10:00'), typoSha))
  const publish: Run = {
    repository: website,
    id: runId++,
    workflow: 'publish',
    event: 'push',
    branch: 'main',
    sha: typoSha,
    created: time('fri 10:01'),
    jobs: ['publish'],
  }
  tell(...github.run(publish, 1, 'success').deliveries)
  tell(...github.deployment(publish, 3_300_017, 'production', time('fri 10:02')).deliveries)
  tell(github.issue(typo, 'closed', time('fri 10:12')))
  const next = ticket('BOOK-108', 'Story', 'Book for a group', 'fri 11:00')
  pull(49, next, 'Group bookings', 'fri 14:00')
  tell(jira.sprint('sprint_closed', sprint[1], sprint))
  return told.toSorted((a, b) => a.at - b.at)
}
