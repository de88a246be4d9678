import { type Delivery, type Dice, isoSeconds, minute, second } from './delivery.ts'
import {
  owner,
  type Pull,
  pullBody,
  pullOfRun,
  type Repository,
  repositoryBody,
  stepsOf,
} from './github-bodies.ts'

/** An issue of GitHub itself. */
export interface Issue {
  readonly repository: Repository
  readonly number: number
  readonly title: string
  readonly body: string
  readonly opened: number
  readonly labels: readonly string[]
}

/** A run of a workflow. */
export interface Run {
  readonly repository: Repository
  readonly id: number
  readonly workflow: string
  readonly event: string
  readonly branch: string
  readonly sha: string
  readonly created: number
  readonly pull?: Pull
  readonly jobs: readonly string[]
}

/** What a span of GitHub is called by others. */
export const pullReference = ({ repository, id }: Pull): string =>
  `vstrace-github-pull_request-github.com/${owner}/${repository.name}-${id}`

/** The hooks of GitHub for one organisation. */
export class Github {
  readonly #dice: Dice
  #job: number = 61_000_000_000

  constructor(dice: Dice) {
    this.#dice = dice
  }

  issue(issue: Issue, action: 'opened' | 'closed', at: number): Delivery {
    const { repository, number, title, body, labels, opened } = issue
    const closed = action === 'closed'
    return this.#delivery('issues', at, repository, {
      action,
      issue: {
        id: 2_900_000_000 + number,
        number,
        title,
        body,
        url: `https://api.github.com/repos/${owner}/${repository.name}/issues/${number}`,
        html_url: `https://github.com/${owner}/${repository.name}/issues/${number}`,
        state: closed ? 'closed' : 'open',
        state_reason: closed ? 'completed' : null,
        created_at: isoSeconds(opened),
        updated_at: isoSeconds(at),
        closed_at: closed ? isoSeconds(at) : null,
        labels: labels.map((name) => ({ name })),
        comments: 0,
      },
    })
  }

  pull(pull: Pull, action: 'opened' | 'review_requested' | 'synchronize', at: number): Delivery {
    return this.#delivery('pull_request', at, pull.repository, {
      action,
      number: pull.number,
      pull_request: pullBody(pull, at),
    })
  }

  reviewed(pull: Pull, state: 'approved' | 'changes_requested', at: number): Delivery {
    return this.#delivery('pull_request_review', at, pull.repository, {
      action: 'submitted',
      review: { id: this.#dice.between(1_000_000, 9_999_999), state, submitted_at: isoSeconds(at) },
      pull_request: pullBody(pull, at),
    })
  }

  closed(pull: Pull, at: number, mergeSha: string | undefined): Delivery {
    return this.#delivery('pull_request', at, pull.repository, {
      action: 'closed',
      number: pull.number,
      pull_request: {
        ...pullBody(pull, at),
        state: 'closed',
        closed_at: isoSeconds(at),
        merged: mergeSha !== undefined,
        merged_at: mergeSha === undefined ? null : isoSeconds(at),
        merge_commit_sha: mergeSha ?? null,
      },
    })
  }

  /** A whole attempt of a run; answers its deliveries and when it ended. */
  run(
    run: Run,
    attempt: number,
    conclusion: 'success' | 'failure',
  ): { readonly end: number; readonly deliveries: readonly Delivery[] } {
    const begin = run.created + (attempt - 1) * 12 * minute
    const deliveries = [this.#run(run, attempt, 'requested', begin, begin, null)]
    let end = begin + 4 * second
    deliveries.push(this.#run(run, attempt, 'in_progress', begin, end, null))
    for (const [index, name] of run.jobs.entries()) {
      const id = this.#job++
      const created = end
      const started = created + this.#dice.between(6, 40) * second
      const failed = conclusion === 'failure' && index === run.jobs.length - 1
      const ended = started + this.#dice.between(80, 300) * second
      const job = { id, name, created, started, ended, conclusion: failed ? 'failure' : 'success' }
      for (const action of ['queued', 'in_progress', 'completed'] as const)
        deliveries.push(this.#jobDelivery(run, attempt, job, action))
      end = ended + second
    }
    deliveries.push(this.#run(run, attempt, 'completed', begin, end, conclusion))
    return { end, deliveries }
  }

  /** A deployment that a run carries out. */
  deployment(
    run: Run,
    id: number,
    environment: string,
    begin: number,
  ): { readonly end: number; readonly deliveries: readonly Delivery[] } {
    const end = begin + this.#dice.between(70, 140) * second
    const shared = {
      deployment: {
        id,
        sha: run.sha,
        ref: run.branch,
        task: 'deploy',
        environment,
        production_environment: environment === 'production',
        created_at: isoSeconds(begin),
        updated_at: isoSeconds(end),
        payload: {},
      },
      workflow_run: { id: run.id, run_attempt: 1, head_branch: run.branch, name: run.workflow },
    }
    const status = (state: string, at: number): Delivery =>
      this.#delivery('deployment_status', at, run.repository, {
        action: 'created',
        deployment_status: { id: id + at / second, state, environment, created_at: isoSeconds(at) },
        ...shared,
      })
    return {
      end,
      deliveries: [
        this.#delivery('deployment', begin, run.repository, { action: 'created', ...shared }),
        status('in_progress', begin + 9 * second),
        status('success', end),
      ],
    }
  }

  #run(
    run: Run,
    attempt: number,
    action: string,
    begin: number,
    at: number,
    conclusion: string | null,
  ): Delivery {
    return this.#delivery('workflow_run', at, run.repository, {
      action,
      workflow: { id: 9_000_001, name: run.workflow, path: `.github/workflows/${run.workflow}.yml` },
      workflow_run: {
        id: run.id,
        name: run.workflow,
        path: `.github/workflows/${run.workflow}.yml`,
        run_attempt: attempt,
        event: run.event,
        status: action === 'completed' ? 'completed' : action,
        conclusion,
        head_branch: run.branch,
        head_sha: run.sha,
        html_url: `https://github.com/${owner}/${run.repository.name}/actions/runs/${run.id}`,
        created_at: isoSeconds(run.created),
        run_started_at: isoSeconds(begin),
        updated_at: isoSeconds(at),
        pull_requests: run.pull === undefined ? [] : [pullOfRun(run.pull)],
      },
    })
  }

  #jobDelivery(
    run: Run,
    attempt: number,
    job: { id: number; name: string; created: number; started: number; ended: number; conclusion: string },
    action: 'queued' | 'in_progress' | 'completed',
  ): Delivery {
    const at = { queued: job.created, in_progress: job.started, completed: job.ended }[action]
    const completed = action === 'completed'
    return this.#delivery('workflow_job', at, run.repository, {
      action,
      workflow_job: {
        id: job.id,
        run_id: run.id,
        run_attempt: attempt,
        workflow_name: run.workflow,
        head_branch: run.branch,
        head_sha: run.sha,
        name: job.name,
        status: action,
        conclusion: completed ? job.conclusion : null,
        created_at: isoSeconds(job.created),
        started_at: isoSeconds(action === 'queued' ? job.created : job.started),
        completed_at: completed ? isoSeconds(job.ended) : null,
        labels: ['ubuntu-latest'],
        runner_id: action === 'queued' ? 0 : 17,
        runner_name: action === 'queued' ? null : 'runner-17',
        steps: completed ? stepsOf(job) : [],
      },
    })
  }

  #delivery(event: string, at: number, repository: Repository, body: object): Delivery {
    return {
      at,
      source: 'github',
      headers: {
        'content-type': 'application/json',
        'x-github-event': event,
        'x-github-delivery': this.#dice.guid(),
      },
      body: { ...body, repository: repositoryBody(repository), sender: { id: 4_711, login: 'a-colleague' } },
    }
  }
}
