import { type Delivery, type Dice, second } from './delivery.ts'

/** A build to be told of. */
export interface Build {
  readonly job: string
  readonly number: number
  readonly result: 'SUCCESS' | 'FAILURE' | 'UNSTABLE'
  readonly start: number
  /** Seconds, at least and at most. */
  readonly takes: readonly [number, number]
  readonly sha: string
  /** The span that the build is a part of. */
  readonly cause: string
  readonly environment?: 'staging' | 'production'
}

/** What a span of Jenkins is called by others. */
export const buildReference = ({ job, number, environment }: Build): string =>
  `vstrace-jenkins-${environment === undefined ? 'build' : 'deploy'}-${job}-${number}`

/** The two deliveries of the statistics-gatherer plugin for a build, and when it ended. */
export function jenkinsBuild(
  build: Build,
  dice: Dice,
): { readonly end: number; readonly deliveries: readonly Delivery[] } {
  const { job, number, result, start, takes, sha, cause, environment } = build
  const duration = dice.between(...takes) * second + dice.between(0, 999)
  const end = start + duration
  const shared = {
    ciUrl: 'https://ci.fjordline.example/',
    fullJobName: job,
    jobName: job,
    buildUrl: `job/${job}/${number}/`,
    number,
    scmInfo: { url: 'https://github.com/fjordline/booking.git', commit: sha, branch: 'origin/main' },
  }
  return {
    end,
    deliveries: [
      delivery(start, {
        ...shared,
        result: 'INPROGRESS',
        queueTime: dice.between(1, 12) * second,
        contextId: dice.between(1, 2 ** 31 - 1),
        parameters: {
          'vstrace-trace-id': cause,
          ...(environment === undefined ? {} : { ENVIRONMENT: environment }),
        },
        buildCause:
          environment === undefined
            ? 'Started by an SCM change'
            : 'Started by upstream project "booking-build"',
        startTime: start,
        slaveInfo: { slaveName: `agent-${dice.between(1, 3)}`, executor: '0', label: 'linux docker' },
      }),
      // The plugin writes all fields of its record, also those that an end knows nothing of.
      delivery(end, {
        ...shared,
        result,
        queueTime: 0,
        contextId: 0,
        parameters: {},
        buildCause: '',
        startTime: end,
        endTime: end,
        duration,
        ...(result === 'FAILURE'
          ? { buildFailureCauses: [{ name: 'Timeout', categories: ['infrastructure'] }] }
          : {}),
      }),
    ],
  }
}

const delivery = (at: number, body: object): Delivery => ({
  at,
  source: 'jenkins',
  headers: { 'content-type': 'application/json' },
  body,
})
