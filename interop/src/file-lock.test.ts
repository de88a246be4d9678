import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { withFileLock } from './file-lock.ts'

let dir = ''
let file = ''
const never = new AbortController().signal

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'spanloom-lock-'))
  file = join(dir, 'lock')
})

afterEach(() => rmSync(dir, { recursive: true }))

test('runs one piece of work after the other', async () => {
  const events: string[] = []
  const firstMayEnd = Promise.withResolvers<undefined>()
  const first = withFileLock(file, never, async () => {
    events.push('first begins')
    await firstMayEnd.promise
    events.push('first ends')
  })
  const second = withFileLock(file, never, async () => events.push('second'))

  firstMayEnd.resolve(undefined)
  await Promise.all([first, second])

  expect(events).toEqual(['first begins', 'first ends', 'second'])
})

test('lets go when the work fails', async () => {
  const failing = withFileLock(file, never, () => Promise.reject(new Error('broken')))

  await expect(failing).rejects.toThrow('broken')
  expect(existsSync(file)).toBe(false)
})

test('takes over from a holder that died', async () => {
  const pidOfThePast = execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' })
  writeFileSync(file, pidOfThePast)

  expect(await withFileLock(file, never, async () => 'done')).toBe('done')
})

test('gives up waiting when told to', async () => {
  writeFileSync(file, String(process.pid))

  const waiting = withFileLock(file, AbortSignal.timeout(10), async () => 'done')

  await expect(waiting).rejects.toThrow('aborted')
})
