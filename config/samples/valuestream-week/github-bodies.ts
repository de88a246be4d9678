import { isoSeconds, second } from './delivery.ts'

/** A repository of the organisation. */
export interface Repository {
  readonly id: number
  readonly name: string
}

/** A pull request. */
export interface Pull {
  readonly repository: Repository
  readonly id: number
  readonly number: number
  readonly branch: string
  readonly title: string
  readonly opened: number
  readonly headSha: string
  readonly labels?: readonly string[]
}

export const owner = 'fjordline'

export function repositoryBody({ id, name }: Repository): object {
  return {
    id,
    name,
    full_name: `${owner}/${name}`,
    private: true,
    owner: { login: owner },
    url: `https://api.github.com/repos/${owner}/${name}`,
    html_url: `https://github.com/${owner}/${name}`,
    default_branch: 'main',
  }
}

export function pullBody(pull: Pull, at: number): object {
  const { repository, id, number, branch, title, opened, headSha, labels = [] } = pull
  return {
    id,
    number,
    title,
    body: null,
    url: `https://api.github.com/repos/${owner}/${repository.name}/pulls/${number}`,
    state: 'open',
    draft: false,
    merged: false,
    merged_at: null,
    merge_commit_sha: null,
    created_at: isoSeconds(opened),
    updated_at: isoSeconds(at),
    closed_at: null,
    labels: labels.map((name) => ({ name })),
    head: { ref: branch, sha: headSha, label: `${owner}:${branch}` },
    base: {
      ref: 'main',
      sha: '0'.repeat(40).replace(/^0/, '1'),
      label: `${owner}:main`,
      repo: repositoryBody(repository),
    },
  }
}

export const pullOfRun = ({ id, number, branch, headSha, repository }: Pull): object => ({
  id,
  number,
  head: { ref: branch, sha: headSha },
  base: {
    ref: 'main',
    repo: {
      id: repository.id,
      name: repository.name,
      url: `https://api.github.com/repos/${owner}/${repository.name}`,
    },
  },
})

export function stepsOf({
  started,
  ended,
  name,
  conclusion,
}: {
  started: number
  ended: number
  name: string
  conclusion: string
}): readonly object[] {
  const middle = started + 8 * second
  return [
    step('Set up job', 1, 'success', started, started + 2 * second),
    step('Check out', 2, 'success', started + 2 * second, middle),
    step(`Run ${name}`, 3, conclusion, middle, ended - second),
  ]
}

const step = (name: string, number: number, conclusion: string, from: number, to: number): object => ({
  name,
  number,
  status: 'completed',
  conclusion,
  started_at: isoSeconds(from),
  completed_at: isoSeconds(to),
})
