import { countOf, listOf, numericIdOf, objectAt, objectOf, textOf } from '../../model/fields.ts'
import { creationRange, type Delivery, type HistoryStream, isIn, isoTime } from '../history.ts'
import type { GithubScope } from './scope.ts'

type Json = Readonly<Record<string, unknown>>

/** Lists by time of creation end after so many results; the rest is asked for by an earlier time. */
const listedAtMost = 1_000

/** The finished runs, all their attempts, each with its jobs and their steps. */
export function runStream(scope: GithubScope): HistoryStream {
  const { client, range, path, name } = scope
  const from = (untilMs: number): string =>
    `${path}/actions/runs?status=completed&per_page=100&created=${encodeURIComponent(
      `${isoTime(creationRange(range).sinceMs)}..${isoTime(untilMs)}`,
    )}`
  return {
    name: `${name} runs`,
    async *pages(begin) {
      for (let path: string | undefined = begin ?? from(range.untilMs); path !== undefined;) {
        const { value, next } = await client.get(path)
        const runs = listOf(objectOf(value)['workflow_runs']).map(objectOf)
        const after: string | undefined = next ?? furtherBack(path, runs, from)
        const wanted = runs.filter((run) => isIn(range, run['updated_at']))
        const deliveries: Delivery[] = []
        for (const run of wanted) deliveries.push(...(await deliveriesOfRun(run, scope)))
        yield { items: runs.length, next: after, deliveries }
        path = after
      }
    },
  }
}

/** Where a list was cut off, the runs that are older than its last one. */
function furtherBack(
  path: string,
  runs: readonly Json[],
  from: (untilMs: number) => string,
): string | undefined {
  const page = Number(new URL(path, 'http://api').searchParams.get('page') ?? 1)
  const oldest = Date.parse(textOf(runs.at(-1)?.['created_at']) ?? '')
  if (page * 100 < listedAtMost || runs.length === 0 || Number.isNaN(oldest)) return undefined
  const further = from(oldest)
  return path.startsWith(further) ? undefined : further
}

async function deliveriesOfRun(last: Json, scope: GithubScope): Promise<readonly Delivery[]> {
  const id = numericIdOf(last['id'])
  if (id === undefined) return []
  const { client, path } = scope
  const repository = await scope.repository()
  const attempts = Math.min(countOf(last['run_attempt']) ?? 1, 100)
  const deliveries: Delivery[] = []
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const base = `${path}/actions/runs/${id}/attempts/${attempt}`
    const run = attempt === attempts ? last : objectOf((await client.get(base)).value)
    const workflow = { name: textOf(run['name']), path: textOf(run['path']) }
    deliveries.push({
      source: 'github',
      event: {
        name: 'workflow_run',
        payload: { action: 'completed', workflow_run: run, workflow, repository },
      },
    })
    for await (const { value } of client.pages(`${base}/jobs?per_page=100`)) {
      for (const job of listOf(objectOf(value)['jobs']).map(objectOf)) {
        if (textOf(job['completed_at']) === undefined) continue
        deliveries.push({
          source: 'github',
          event: { name: 'workflow_job', payload: { action: 'completed', workflow_job: job, repository } },
        })
      }
    }
  }
  return deliveries
}

const jobAddress = /\/actions\/runs\/(\d+)\/job\/(\d+)/

/** The run that made a deployment, as webhooks tell it, found by the address of the job's log. */
export async function runOfDeployment(
  statuses: readonly Json[],
  { client, path }: GithubScope,
): Promise<Json | undefined> {
  for (const status of statuses) {
    const address = textOf(status['log_url']) ?? textOf(status['target_url']) ?? ''
    const [, run, job] = jobAddress.exec(address) ?? []
    if (run === undefined || job === undefined) continue
    try {
      const found = objectAt((await client.get(`${path}/actions/jobs/${job}`)).value)
      return { id: Number(run), run_attempt: countOf(found['run_attempt']) ?? 1 }
    } catch (error) {
      // Logs and jobs of old runs are deleted; the deployment stands without its run then.
      if (isGone(error)) return undefined
      throw error
    }
  }
  return undefined
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'NOT_FOUND'
}
