/** What an event says about the thing that it is about. */
export type Transition = 'open' | 'note' | 'close' | 'instant' | 'ignore'

/** One of the event types that Orchest itself sends (`orchest.md` 1.1). */
export interface BuiltInType {
  readonly type: string
  readonly transition: Transition
  /** What it is about; `none` for things that have no life of their own. */
  readonly entity: string
  /** Whether users of Orchest can have it sent to a webhook. */
  readonly subscribable: boolean
}

/** The 66 event types of Orchest's registry. */
export const builtInTypes: readonly BuiltInType[] = [
  { type: 'alert:shown', transition: 'instant', entity: 'none', subscribable: false },
  { type: 'confirm:shown', transition: 'instant', entity: 'none', subscribable: false },
  { type: 'view:loaded', transition: 'instant', entity: 'none', subscribable: false },
  { type: 'heartbeat-trigger', transition: 'instant', entity: 'none', subscribable: false },
  {
    type: 'project:one-off-job:duplicated',
    transition: 'instant',
    entity: 'one-off-job',
    subscribable: false,
  },
  { type: 'project:cron-job:duplicated', transition: 'instant', entity: 'cron-job', subscribable: false },
  { type: 'project:pipeline:saved', transition: 'instant', entity: 'none', subscribable: false },
  { type: 'debug-ping', transition: 'instant', entity: 'none', subscribable: false },
  { type: 'project:created', transition: 'instant', entity: 'none', subscribable: true },
  { type: 'project:updated', transition: 'instant', entity: 'none', subscribable: true },
  { type: 'project:deleted', transition: 'instant', entity: 'none', subscribable: true },
  { type: 'project:environment:created', transition: 'instant', entity: 'none', subscribable: true },
  { type: 'project:environment:deleted', transition: 'instant', entity: 'none', subscribable: true },
  {
    type: 'project:environment:image-build:created',
    transition: 'open',
    entity: 'env-build',
    subscribable: true,
  },
  {
    type: 'project:environment:image-build:started',
    transition: 'note',
    entity: 'env-build',
    subscribable: true,
  },
  {
    type: 'project:environment:image-build:cancelled',
    transition: 'close',
    entity: 'env-build',
    subscribable: true,
  },
  {
    type: 'project:environment:image-build:failed',
    transition: 'close',
    entity: 'env-build',
    subscribable: true,
  },
  {
    type: 'project:environment:image-build:succeeded',
    transition: 'close',
    entity: 'env-build',
    subscribable: true,
  },
  { type: 'project:pipeline:created', transition: 'instant', entity: 'none', subscribable: true },
  { type: 'project:pipeline:updated', transition: 'instant', entity: 'none', subscribable: true },
  { type: 'project:pipeline:deleted', transition: 'instant', entity: 'none', subscribable: true },
  { type: 'jupyter:image-build:created', transition: 'open', entity: 'jupyter-build', subscribable: true },
  { type: 'jupyter:image-build:started', transition: 'note', entity: 'jupyter-build', subscribable: true },
  { type: 'jupyter:image-build:cancelled', transition: 'close', entity: 'jupyter-build', subscribable: true },
  { type: 'jupyter:image-build:failed', transition: 'close', entity: 'jupyter-build', subscribable: true },
  { type: 'jupyter:image-build:succeeded', transition: 'close', entity: 'jupyter-build', subscribable: true },
  {
    type: 'project:pipeline:interactive-session:pipeline-run:created',
    transition: 'open',
    entity: 'pipeline-run',
    subscribable: true,
  },
  {
    type: 'project:pipeline:interactive-session:pipeline-run:started',
    transition: 'note',
    entity: 'pipeline-run',
    subscribable: true,
  },
  {
    type: 'project:pipeline:interactive-session:pipeline-run:cancelled',
    transition: 'close',
    entity: 'pipeline-run',
    subscribable: true,
  },
  {
    type: 'project:pipeline:interactive-session:pipeline-run:failed',
    transition: 'close',
    entity: 'pipeline-run',
    subscribable: true,
  },
  {
    type: 'project:pipeline:interactive-session:pipeline-run:succeeded',
    transition: 'close',
    entity: 'pipeline-run',
    subscribable: true,
  },
  { type: 'project:one-off-job:created', transition: 'instant', entity: 'one-off-job', subscribable: true },
  { type: 'project:one-off-job:started', transition: 'open', entity: 'one-off-job', subscribable: true },
  { type: 'project:one-off-job:deleted', transition: 'instant', entity: 'one-off-job', subscribable: true },
  { type: 'project:one-off-job:cancelled', transition: 'close', entity: 'one-off-job', subscribable: true },
  { type: 'project:one-off-job:failed', transition: 'close', entity: 'one-off-job', subscribable: true },
  { type: 'project:one-off-job:updated', transition: 'instant', entity: 'one-off-job', subscribable: true },
  { type: 'project:one-off-job:succeeded', transition: 'close', entity: 'one-off-job', subscribable: true },
  {
    type: 'project:one-off-job:pipeline-run:created',
    transition: 'open',
    entity: 'pipeline-run',
    subscribable: true,
  },
  {
    type: 'project:one-off-job:pipeline-run:started',
    transition: 'note',
    entity: 'pipeline-run',
    subscribable: true,
  },
  {
    type: 'project:one-off-job:pipeline-run:cancelled',
    transition: 'close',
    entity: 'pipeline-run',
    subscribable: true,
  },
  {
    type: 'project:one-off-job:pipeline-run:failed',
    transition: 'close',
    entity: 'pipeline-run',
    subscribable: true,
  },
  {
    type: 'project:one-off-job:pipeline-run:deleted',
    transition: 'instant',
    entity: 'pipeline-run',
    subscribable: true,
  },
  {
    type: 'project:one-off-job:pipeline-run:succeeded',
    transition: 'close',
    entity: 'pipeline-run',
    subscribable: true,
  },
  { type: 'project:cron-job:created', transition: 'instant', entity: 'cron-job', subscribable: true },
  { type: 'project:cron-job:started', transition: 'instant', entity: 'cron-job', subscribable: true },
  { type: 'project:cron-job:deleted', transition: 'instant', entity: 'cron-job', subscribable: true },
  { type: 'project:cron-job:cancelled', transition: 'instant', entity: 'cron-job', subscribable: true },
  { type: 'project:cron-job:failed', transition: 'instant', entity: 'cron-job', subscribable: true },
  { type: 'project:cron-job:updated', transition: 'instant', entity: 'cron-job', subscribable: true },
  { type: 'project:cron-job:paused', transition: 'instant', entity: 'cron-job', subscribable: true },
  { type: 'project:cron-job:unpaused', transition: 'instant', entity: 'cron-job', subscribable: true },
  { type: 'project:cron-job:run:started', transition: 'open', entity: 'cron-run', subscribable: true },
  { type: 'project:cron-job:run:succeeded', transition: 'close', entity: 'cron-run', subscribable: true },
  { type: 'project:cron-job:run:failed', transition: 'close', entity: 'cron-run', subscribable: true },
  {
    type: 'project:cron-job:run:pipeline-run:created',
    transition: 'open',
    entity: 'pipeline-run',
    subscribable: true,
  },
  {
    type: 'project:cron-job:run:pipeline-run:started',
    transition: 'note',
    entity: 'pipeline-run',
    subscribable: true,
  },
  {
    type: 'project:cron-job:run:pipeline-run:cancelled',
    transition: 'close',
    entity: 'pipeline-run',
    subscribable: true,
  },
  {
    type: 'project:cron-job:run:pipeline-run:failed',
    transition: 'close',
    entity: 'pipeline-run',
    subscribable: true,
  },
  {
    type: 'project:cron-job:run:pipeline-run:deleted',
    transition: 'instant',
    entity: 'pipeline-run',
    subscribable: true,
  },
  {
    type: 'project:cron-job:run:pipeline-run:succeeded',
    transition: 'close',
    entity: 'pipeline-run',
    subscribable: true,
  },
  {
    type: 'project:pipeline:interactive-session:started',
    transition: 'open',
    entity: 'session',
    subscribable: true,
  },
  {
    type: 'project:pipeline:interactive-session:stopped',
    transition: 'close',
    entity: 'session',
    subscribable: true,
  },
  {
    type: 'project:pipeline:interactive-session:failed',
    transition: 'close',
    entity: 'session',
    subscribable: true,
  },
  {
    type: 'project:pipeline:interactive-session:service-restarted',
    transition: 'note',
    entity: 'session',
    subscribable: true,
  },
  {
    type: 'project:pipeline:interactive-session:succeeded',
    transition: 'note',
    entity: 'session',
    subscribable: true,
  },
]
