import { isPermanent, type ComponentTelemetry } from '@spanloom/core'

import type { HubError } from '../errors/hub-error.ts'

/** Tells once of faults of a connection that many readers share, and once that they are over. */
export interface Health {
  failed(reader: string, error: HubError): void
  /** The reader works, or is gone. */
  works(reader: string): void
}

/** Logs the first fault and each other kind of fault, and keeps the component's status. */
export function createHealth({ logger, status }: Pick<ComponentTelemetry, 'logger' | 'status'>): Health {
  const failing = new Map<string, string>()
  return {
    failed(reader, error) {
      const known = [...failing.values()].includes(error.code)
      failing.set(reader, error.code)
      if (known) return
      logger.warn('Reading from the event hub failed; it is tried again.', { error, hint: error.hint })
      if (isPermanent(error)) status.permanentError(error)
      else status.recoverableError(error)
    },
    works(reader) {
      if (!failing.delete(reader) || failing.size > 0) return
      logger.info('Reading from the event hub works again.')
      status.ok()
    },
  }
}
