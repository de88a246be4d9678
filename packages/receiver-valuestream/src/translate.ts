import { customHttpTranslation } from './custom-http/translate-custom-http.ts'
import { githubTranslation } from './github/translate-github.ts'
import { gitlabTranslation } from './gitlab/translate-gitlab.ts'
import { jenkinsTranslation } from './jenkins/translate-jenkins.ts'
import { jiraTranslation } from './jira/translate-jira.ts'
import type { TranslationOptions } from './model/options.ts'
import type { Source, Translate } from './model/translation.ts'
import { createWorkshop } from './model/workshop.ts'

export { defaultTranslationOptions, type TranslationOptions } from './model/options.ts'
export {
  type IgnoredReason,
  type Milestone,
  PayloadError,
  type Source,
  type SourceEvent,
  type Translate,
  type Translation,
  type TranslationContext,
} from './model/translation.ts'

/** One translation for each source. */
export type Translations = Readonly<Record<Source, Translate>>

/**
 * Prepares the translations of all sources. They are pure: equal events become equal fragments, wherever and however
 * often they are translated, so that history read over an API gives the spans that webhooks gave.
 *
 * @example
 * const { github } = createTranslations(defaultTranslationOptions)
 * const { fragments } = github({ name: 'issues', payload }, { arrivalTime: 0n })
 */
export function createTranslations(options: TranslationOptions): Translations {
  const workshop = createWorkshop(options)
  return {
    github: githubTranslation(workshop),
    gitlab: gitlabTranslation(workshop),
    jenkins: jenkinsTranslation(workshop),
    jiracloud: jiraTranslation(workshop),
    customhttp: customHttpTranslation(workshop),
  }
}
