import { settle } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { OpenFiles } from './open-files.ts'

/** Files that write down what happens to them; writing to those in `slow` takes until they are released. */
function recordedFiles(max: number): {
  readonly files: OpenFiles
  readonly log: string[]
  readonly hold: () => () => void
} {
  const log: string[] = []
  let gate: Promise<void> = Promise.resolve()
  const files = new OpenFiles(max, (path) => {
    log.push(`open ${path}`)
    return Promise.resolve({
      async append(messages) {
        log.push(`write ${path} ${Buffer.from(messages).toString()}`)
        await gate
      },
      sync: () => Promise.resolve(void log.push(`sync ${path}`)),
      close: () => Promise.resolve(void log.push(`close ${path}`)),
    })
  })
  const hold = (): (() => void) => {
    const held = Promise.withResolvers<void>()
    gate = held.promise
    return held.resolve
  }
  return { files, log, hold }
}

const bytes = (text: string): Buffer => Buffer.from(text)

it('closes the file that was used longest ago when there would be too many', async () => {
  const { files, log } = recordedFiles(2)
  for (const path of ['a', 'b', 'a', 'c']) await files.append(path, bytes('1'))
  await settle()
  expect(log.filter((line) => !line.startsWith('write'))).toEqual(['open a', 'open b', 'open c', 'close b'])

  await files.sync()
  await files.close()
  expect(log.slice(-4)).toEqual(['sync a', 'sync c', 'close a', 'close c'])
})

it('opens a file again only after it was closed', async () => {
  const { files, log, hold } = recordedFiles(1)
  const release = hold()
  const first = files.append('a', bytes('1'))
  await settle()
  const others = [files.append('b', bytes('2')), files.append('a', bytes('3'))]
  await settle()
  expect(log.filter((line) => line === 'open a')).toHaveLength(1)

  release()
  await Promise.all([first, ...others])
  await files.close()
  expect(log.filter((line) => line.endsWith(' a') || line.startsWith('write a'))).toEqual([
    'open a',
    'write a 1',
    'close a',
    'open a',
    'write a 3',
    'close a',
  ])
})

it('gathers what comes while a write is under way into the next one', async () => {
  const { files, log, hold } = recordedFiles(1)
  const release = hold()
  const writes = ['1', '2'].map((text) => files.append('a', bytes(text)))
  await settle()
  writes.push(...['3', '4', '5'].map((text) => files.append('a', bytes(text))))
  release()
  await Promise.all(writes)
  expect(log.slice(1)).toEqual(['write a 12', 'write a 345'])
})

it('opens a file anew that would not open before', async () => {
  let fails = true
  const files = new OpenFiles(1, () =>
    fails
      ? Promise.reject(new Error('EMFILE'))
      : Promise.resolve({
          append: () => Promise.resolve(),
          sync: () => Promise.resolve(),
          close: () => Promise.resolve(),
        }),
  )
  await expect(files.append('a', bytes('1'))).rejects.toThrow('EMFILE')
  fails = false
  await expect(files.append('a', bytes('1'))).resolves.toBeUndefined()
})
