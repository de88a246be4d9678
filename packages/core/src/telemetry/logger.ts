/** What a log line says beside its message. */
export type LogFields = Readonly<Record<string, unknown>>

/**
 * Logger of one component. The message is a fixed sentence; everything variable is a field.
 * An `error` field holds the error itself. Never pass span contents or secrets (LOG-04).
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger whose lines also carry `fields`. */
  child(fields: LogFields): Logger
}
