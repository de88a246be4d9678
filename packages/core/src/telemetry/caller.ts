/** `folder/file.ts:12` of the line that called `logMethod`, or an empty text where the engine cannot tell. */
export function callerOf(logMethod: (...args: never[]) => unknown): string {
  const holder: { stack?: string } = {}
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 1
  Error.captureStackTrace(holder, logMethod)
  Error.stackTraceLimit = limit
  const frame = holder.stack?.split('\n')[1] ?? ''
  return /([^\\/()\s]+[\\/][^\\/()\s]+:\d+):\d+\)?$/.exec(frame)?.[1]?.replace('\\', '/') ?? ''
}
