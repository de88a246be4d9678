import { readFileSync } from 'node:fs'

import { type Logger, type ReportIssue, StartError } from '@spanloom/core'
import { EventRegistry, readTypes, type RegistryFault, type TypesEntry } from '@spanloom/orchest'

const readText = (path: string): string => readFileSync(path, 'utf8')

/** Reports what is wrong with the declared types. */
export function checkTypes(entries: readonly TypesEntry[], report: ReportIssue): void {
  for (const fault of readTypes(entries, readText).faults) {
    const [index = ''] = fault.path.split('.', 1)
    const at = fault.file === undefined ? [Number(index)] : [fileIndex(entries, fault.file)]
    report(['event_types', ...at], inWords(fault))
  }
}

/**
 * The types that an installation knows.
 *
 * @throws StartError when a declaration cannot be used.
 */
export function loadRegistry(entries: readonly TypesEntry[], logger: Pick<Logger, 'warn'>): EventRegistry {
  const { types, faults, warnings } = readTypes(entries, readText)
  if (faults.length > 0) throw new StartError('EVENT_TYPES', faults.map(inWords).join('; '))
  for (const warning of warnings) logger.warn(warning)
  return new EventRegistry(types)
}

const fileIndex = (entries: readonly TypesEntry[], file: string): number =>
  entries.findIndex((entry) => 'file' in entry && entry.file === file)

function inWords({ file, line, column, path, message }: RegistryFault): string {
  const place = file === undefined ? '' : `${file}:${line}:${column}: `
  return `${place}${path === '' ? '' : `${path}: `}${message}`
}
