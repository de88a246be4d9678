import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, onTestFinished, test } from 'vitest'

import { append, ask, fill, openFile, temporaryFolder } from './setup.ts'

const mebibyte = 1 << 20
const body = new Uint8Array(40_000).fill(3)

/** A disk of 24 MiB that only this test uses, or why there can be none. */
function smallDisk(): { readonly folder: string; readonly reason?: string } {
  const folder = temporaryFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder], { stdio: 'pipe' })
    onTestFinished(() => void execFileSync('umount', ['-l', folder], { stdio: 'pipe' }))
    return { folder }
  } catch (error) {
    return { folder, reason: error instanceof Error ? error.message.trim() : String(error) }
  }
}

/** Takes all room that is left. */
function stuff(folder: string): string {
  const path = join(folder, 'other')
  const file = openSync(path, 'w')
  try {
    for (let size = mebibyte; size >= 1;) {
      try {
        writeSync(file, Buffer.alloc(size))
      } catch {
        size = Math.floor(size / 2)
      }
    }
  } finally {
    closeSync(file)
  }
  return path
}

function refuses(work: () => unknown): boolean {
  try {
    work()
    return false
  } catch {
    return true
  }
}

describe('OUT-07: a disk that is really full', () => {
  test('lets stored records leave one by one, thanks to the ballast, and recovers', async ({ annotate }) => {
    const { folder, reason } = smallDisk()
    if (reason !== undefined) await annotate(`No tmpfs can be mounted, a limit stands in for it: ${reason}`)
    const limits = reason === undefined ? { ballastBytes: 8 * mebibyte } : { maxBytes: 12 * mebibyte }
    const ballast = join(folder, 'queue.db.ballast')
    const file = openFile(folder, limits)
    expect(existsSync(ballast)).toBe(reason === undefined)

    const ids = fill(file, body)
    const other = reason === undefined ? stuff(folder) : undefined

    expect(ids.length).toBeGreaterThan(100)
    expect(ask(file, 'body', { id: ids[0] ?? 0 })).toEqual(body)
    for (const id of ids.slice(0, 10)) ask(file, 'done', { ids: [id] })
    // A limit of the file has nothing to do with the ballast.
    expect(existsSync(ballast)).toBe(false)
    expect(refuses(() => append(file, body))).toBe(reason === undefined)
    for (const id of ids) ask(file, 'done', { ids: [id] })
    expect(ask(file, 'stats', undefined)).toMatchObject({ pending: 0 })

    if (other !== undefined) rmSync(other)
    while (file.maintain(0, true));
    expect(refuses(() => append(file, body))).toBe(false)
    expect(file.hasBallast).toBe(reason === undefined)
    file.close()
  })

  test('does not keep a file from being opened', async ({ annotate }) => {
    const { folder, reason } = smallDisk()
    if (reason !== undefined) await annotate(`No tmpfs can be mounted, a limit stands in for it: ${reason}`)
    const limits = reason === undefined ? { ballastBytes: 8 * mebibyte } : { maxBytes: 12 * mebibyte }
    const file = openFile(folder, limits)
    const ids = fill(file, body)
    file.close()
    if (reason === undefined) stuff(folder)

    const reopened = openFile(folder, limits)

    expect(ask(reopened, 'stats', undefined)).toMatchObject({ pending: ids.length })
    ask(reopened, 'done', { ids })
    expect(ask(reopened, 'stats', undefined)).toMatchObject({ pending: 0 })
    reopened.close()
  })
})
