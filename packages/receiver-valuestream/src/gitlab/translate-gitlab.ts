import { objectOf, textOf } from '../model/fields.ts'
import { ignored, PayloadError, type Translate, type Translation } from '../model/translation.ts'
import type { Workshop } from '../model/workshop.ts'
import { translateDeployment } from './deployment.ts'
import { translateIssue } from './issue.ts'
import { translateJob } from './job.ts'
import { translateMergeRequest } from './merge-request.ts'
import { translateNote } from './note.ts'
import { translatePipeline } from './pipeline.ts'
import { translateRelease } from './release.ts'

const translations: ReadonlyMap<string, (payload: unknown, workshop: Workshop) => Translation> = new Map([
  ['issue', translateIssue],
  ['work_item', translateIssue],
  ['merge_request', translateMergeRequest],
  ['pipeline', translatePipeline],
  ['build', translateJob],
  ['deployment', translateDeployment],
  ['release', translateRelease],
  ['note', translateNote],
])

const kindsOfHeaders: ReadonlyMap<string, string> = new Map([
  ['Issue Hook', 'issue'],
  ['Confidential Issue Hook', 'issue'],
  ['Work Item Hook', 'work_item'],
  ['Merge Request Hook', 'merge_request'],
  ['Pipeline Hook', 'pipeline'],
  ['Job Hook', 'build'],
  ['Build Hook', 'build'],
  ['Deployment Hook', 'deployment'],
  ['Release Hook', 'release'],
  ['Note Hook', 'note'],
  ['Confidential Note Hook', 'note'],
])

/**
 * Translates GitLab webhooks (`valuestream.md` section 3.2). The body tells what it is about; the header only helps
 * out, because System Hooks send the same bodies under another one.
 */
export function gitlabTranslation(workshop: Workshop): Translate {
  return ({ name, payload }) => {
    const kind = textOf(objectOf(payload)['object_kind']) ?? kindsOfHeaders.get(name)
    if (kind === undefined && name === '') throw new PayloadError('object_kind')
    const translate = kind === undefined ? undefined : translations.get(kind)
    return translate?.(payload, workshop) ?? ignored('unsupported_type')
  }
}
