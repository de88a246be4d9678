import type { Kit } from './kit.ts'

/** A format as winston calls it. */
export interface LogFormat {
  transform<Info extends object>(info: Info): Info
}

/**
 * A format for winston that adds the fields of the command to every record:
 * `format.combine(commandFormat(kit), format.json())`. Fields that a record has already stay.
 */
export function commandFormat(kit: Pick<Kit, 'logFields'>): LogFormat {
  return {
    transform(info) {
      for (const [name, value] of Object.entries(kit.logFields())) {
        if (!Object.hasOwn(info, name)) Object.defineProperty(info, name, { ...plain, value })
      }
      return info
    },
  }
}

const plain = { configurable: true, enumerable: true, writable: true }
