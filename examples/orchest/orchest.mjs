// Plays Orchest: a one-off job with two pipeline runs, one of which fails, as signed webhook deliveries; and a browser
// that opens a page. The payloads have the form of the real ones.
import { createHmac, randomUUID } from 'node:crypto'

const [project, job, pipeline] = [randomUUID(), randomUUID(), randomUUID()]
const runs = [randomUUID(), randomUUID()]
const begun = Date.now() - 60_000

const jobPayload = {
  uuid: job,
  name: 'nightly',
  status: 'STARTED',
  pipeline_name: 'train',
  total_runs: runs.length,
}

function runPayload(number, status, failedSteps) {
  const path = `/job-run?project_uuid=${project}&pipeline_uuid=${pipeline}&job_uuid=${job}&run_uuid=${runs[number]}`
  return { uuid: runs[number], number, status, url_path: path, parameters: {}, ...failedSteps }
}

const failure = { failed_steps: [{ uuid: randomUUID(), title: 'Train' }] }

/** What happens, in seconds after the start. */
const story = [
  [0, 'project:one-off-job:started'],
  [0, 'project:one-off-job:pipeline-run:created', runPayload(0, 'PENDING')],
  [0, 'project:one-off-job:pipeline-run:created', runPayload(1, 'PENDING')],
  [2, 'project:one-off-job:pipeline-run:started', runPayload(0, 'STARTED')],
  [20, 'project:one-off-job:pipeline-run:succeeded', runPayload(0, 'SUCCESS')],
  [20, 'project:one-off-job:pipeline-run:started', runPayload(1, 'STARTED')],
  [31, 'project:one-off-job:pipeline-run:failed', runPayload(1, 'FAILURE', failure)],
  [31, 'project:one-off-job:failed'],
]

/** Sends everything; deliveries come in any order, as those of the real sender do. */
export async function playOrchest({ collector, secret }) {
  const deliveries = story.map(([second, type, run]) => {
    const at = new Date(begun + second * 1000).toISOString()
    const timestamp = at.replace('T', ' ').replace('Z', '000+00:00')
    const inJob = { ...jobPayload, ...(run === undefined ? {} : { pipeline_run: run }) }
    const event = {
      type,
      uuid: randomUUID(),
      timestamp,
      project: { uuid: project, name: 'churn-model', job: inJob },
    }
    return { delivered_for: { name: 'Collector' }, event }
  })
  for (const delivery of deliveries.toReversed()) {
    const body = JSON.stringify(delivery)
    const signature = createHmac('sha256', secret).update(body).digest('hex')
    await post(`${collector}/orchest/webhook`, body, { 'x-hub-signature': signature })
  }
  await post(
    `${collector}/analytics`,
    JSON.stringify({ event: 'view:loaded', properties: { name: '/jobs' } }),
  )
}

async function post(url, body, headers = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
}
