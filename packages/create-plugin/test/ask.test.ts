import { PassThrough, Writable } from 'node:stream'

import { expect, it } from 'vitest'

import { ask } from '../src/ask.ts'

/** A terminal on which somebody types `keys`, each group once its question is shown. */
function typing(...keys: readonly (readonly [question: string, keys: string])[]) {
  const waiting = [...keys]
  const input = new PassThrough()
  let shown = ''
  const output = new Writable({
    write(chunk, _encoding, done) {
      shown += String(chunk)
      const [next] = waiting
      if (next !== undefined && shown.includes(next[0])) {
        waiting.shift()
        setImmediate(() => input.write(next[1]))
      }
      done()
    },
  })
  return { input, output, shown: () => shown }
}

const [down, enter, breakOff] = ['\u001B[B', '\r', '\u0003']

it('asks for everything that is not given', async () => {
  const terminal = typing(
    ['What will it be?', down + enter],
    ['What is the processor called', `acme${enter}`],
    ['Which licence?', down + enter],
  )

  expect(await ask({ scope: '@acme' }, terminal)).toEqual({
    scope: '@acme',
    kind: 'processor',
    name: 'acme',
    license: 'Apache-2.0',
  })
})

it('asks for nothing twice', async () => {
  const terminal = typing(['What is the exporter called', `acme${enter}`])

  const choices = await ask({ kind: 'exporter', license: 'none' }, terminal)

  expect(choices).toMatchObject({ kind: 'exporter', name: 'acme', license: 'none' })
  expect(terminal.shown()).not.toContain('What will it be?')
})

it('says at once that a name cannot be used', async () => {
  // What is missing is typed on, because not every terminal knows how to delete.
  const terminal = typing(
    ['What is the receiver called', `acme-${enter}`],
    ['How about "acme"?', `shop${enter}`],
  )

  expect(await ask({ kind: 'receiver', license: 'MIT' }, terminal)).toMatchObject({ name: 'acme-shop' })
})

it('makes nothing when the author breaks off', async () => {
  const terminal = typing(['What will it be?', breakOff])

  await expect(ask({}, terminal)).rejects.toThrow('Broken off; nothing was made.')
})
