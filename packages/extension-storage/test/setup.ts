import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { onTestFinished } from 'vitest'

import type { ArgumentsOf, Call, Operation, ResultOf } from '../src/database/operations.ts'
import { type FileOptions, StoreFile } from '../src/database/store-file.ts'

/** A folder of its own for one test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spanloom-storage-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A file without a thread, small and without limits unless told. */
export function openFile(
  folder: string,
  options: Partial<FileOptions> = {},
  report?: ConstructorParameters<typeof StoreFile>[1],
): StoreFile {
  return new StoreFile(
    {
      path: join(folder, 'queue.db'),
      owner: 'exporter test',
      fsync: false,
      timeoutMs: 100,
      maxBytes: 0,
      minFreeBytes: 0,
      ballastBytes: 0,
      nowMs: Date.UTC(2026, 0, 1),
      ...options,
    },
    report,
  )
}

/** A call as the main thread would send it. */
export function callOf<O extends Operation>(operation: O, args: ArgumentsOf<O>, rows = 1, bytes = 0): Call {
  // Name and arguments belong together by the type of this function.
  return { operation, arguments: args, rows, bytes } as Call
}

/** Carries out one call alone; throws its fault. */
export function ask<O extends Operation>(
  file: StoreFile,
  operation: O,
  args: ArgumentsOf<O>,
  { nowMs = 0, bytes = 0 }: { readonly nowMs?: number; readonly bytes?: number } = {},
): ResultOf<O> {
  const [outcome] = file.run([callOf(operation, args, 1, bytes)], nowMs)
  if (outcome === undefined || 'fault' in outcome) throw new Error(outcome?.fault.kind ?? 'no outcome')
  // The file answers each operation with its own result.
  return outcome.result as ResultOf<O>
}

/** Keeps bodies as requests of one destination and answers their ids. */
export function append(file: StoreFile, ...bodies: readonly Uint8Array[]): readonly number[] {
  const records = bodies.map((_body, at) => ({ body: at, destination: 0, items: 1 }))
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0)
  return ask(file, 'append', { records, bodies }, { bytes })
}

/** Appends the body again and again until there is no room, and answers the ids. */
export function fill(file: StoreFile, body: Uint8Array): readonly number[] {
  const ids: number[] = []
  for (;;) {
    try {
      ids.push(...append(file, body))
    } catch (error) {
      if (error instanceof Error && error.message === 'full') return ids
      throw error
    }
  }
}
