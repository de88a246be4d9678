import { expect, it } from 'vitest'

import { patchConsole } from '../src/console.ts'
import { createKit } from '../src/index.ts'
import { commandFormat } from '../src/winston.ts'

const message = '{"rID":"1","operation":"getBill","__headers__":{"trace-id":"req\\n42"}}'
const kit = createKit({ openTelemetry: false })

it('gives the fields to every record of winston, but takes none away', () => {
  const format = commandFormat(kit)
  expect(format.transform({ level: 'info', message: 'a' })).toEqual({ level: 'info', message: 'a' })
  kit.run(message, () => {
    expect(format.transform({ message: 'a', operation: 'mine' })).toMatchObject({
      message: 'a',
      operation: 'mine',
      'trace-id': 'req\n42',
      rID: '1',
    })
  })
})

it('puts the id in front of lines of the console until that is taken back', () => {
  const lines: unknown[][] = []
  const write = (...args: unknown[]): void => void lines.push(args)
  const target = { debug: write, error: write, info: write, log: write, warn: write }
  const restore = patchConsole(kit, target)
  target.log('outside')
  kit.run(message, () => {
    target.error('inside', 1)
  })
  restore()
  kit.run(message, () => {
    target.log('restored')
  })
  expect(lines).toEqual([['outside'], ['[trace-id=req\\n42]', 'inside', 1], ['restored']])
})
