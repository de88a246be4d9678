/** Whether a job or pipeline ran for a branch or a tag. */
export function refType(tag: unknown): 'branch' | 'tag' | undefined {
  return typeof tag === 'boolean' ? (tag ? 'tag' : 'branch') : undefined
}
