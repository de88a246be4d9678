import { objectOf, textOf } from '../model/fields.ts'
import { ignored, PayloadError, type Translate } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'
import { translateIssue } from './issue.ts'
import { translateSprint } from './sprint.ts'

const issueEvents: ReadonlySet<string> = new Set([
  'jira:issue_created',
  'jira:issue_updated',
  'jira:issue_deleted',
])
const sprintEvents: ReadonlySet<string> = new Set([
  'sprint_created',
  'sprint_updated',
  'sprint_started',
  'sprint_closed',
  'sprint_deleted',
])

/** Translates Jira Cloud webhooks (`valuestream.md` section 3.5). */
export function jiraTranslation(workshop: Workshop): Translate {
  return ({ payload }) => {
    const event = textOf(objectOf(payload)['webhookEvent'])
    if (event === undefined) throw new PayloadError('webhookEvent')
    if (issueEvents.has(event)) return translateIssue(payload, event, workshop)
    return sprintEvents.has(event) ? translateSprint(payload, event, workshop) : ignored('unsupported_type')
  }
}
