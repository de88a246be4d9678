export { parseApiUrl } from './client/api-url.ts'
export { RestClient, type RestClientOptions, type WaitReason } from './client/rest-client.ts'
export { githubHistory, type GithubHistoryOptions } from './github/github-history.ts'
export { gitlabHistory, type GitlabHistoryOptions } from './gitlab/gitlab-history.ts'
export type { Delivery, History, HistoryPage, HistoryStream, Range } from './history.ts'
export { jiraHistory, type JiraHistoryOptions } from './jira/jira-history.ts'
export {
  beginning,
  decodeToken,
  encodeToken,
  type Position,
  type ResumeToken,
  type Scope,
} from './resume-token.ts'
export { type BackfillOptions, type BackfillProgress, runBackfill } from './run-backfill.ts'
export { backfillProfiles, backfillReceiver, type BackfillWork } from './backfill-receiver.ts'
export { defaultPaths, recordedHistory, type RecordedHistoryOptions } from './recorded-history.ts'
