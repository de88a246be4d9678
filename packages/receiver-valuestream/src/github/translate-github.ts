import { ignored, PayloadError, type Translate, type Translation } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'
import { translateCheckRun } from './check-run.ts'
import { translateDeployment, translateDeploymentStatus } from './deployment.ts'
import { translateIssues } from './issues.ts'
import { translatePullRequest, translatePullRequestReview } from './pull-request.ts'
import { translateRelease } from './release.ts'
import { translateWorkflowJob } from './workflow-job.ts'
import { translateWorkflowRun } from './workflow-run.ts'

const translations: ReadonlyMap<string, (payload: unknown, workshop: Workshop) => Translation> = new Map([
  ['issues', translateIssues],
  ['pull_request', translatePullRequest],
  ['pull_request_review', translatePullRequestReview],
  ['workflow_run', translateWorkflowRun],
  ['workflow_job', translateWorkflowJob],
  ['deployment', translateDeployment],
  ['deployment_status', translateDeploymentStatus],
  ['check_run', translateCheckRun],
  ['release', translateRelease],
])

/** Translates GitHub webhooks, by the name of their event (`valuestream.md` section 3.1). */
export function githubTranslation(workshop: Workshop): Translate {
  return ({ name, payload }) => {
    if (name === '') throw new PayloadError('X-GitHub-Event', 'The header X-GitHub-Event is missing.')
    return translations.get(name)?.(payload, workshop) ?? ignored('unsupported_type')
  }
}
