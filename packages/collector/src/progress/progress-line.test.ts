import { fakeClock } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { progressLine, type ProgressIntervals } from './progress-line.ts'

function written(isTTY: boolean, intervals?: ProgressIntervals) {
  const texts: string[] = []
  const clock = fakeClock()
  const stream = { write: (text: string) => void texts.push(text), on: () => undefined, isTTY }
  return { texts, clock, line: progressLine(stream, clock, intervals) }
}

it('is a bar on a terminal, which makes room for sentences and goes in the end', () => {
  const { texts, line } = written(true)
  line.show({ text: 'half\u001B[2J', share: 0.5 })
  line.say('Something happened.')
  line.show({ text: 'nobody knows' })
  line.end()
  line.end()
  expect(texts).toEqual([
    '\r\u001B[K[##########----------] half?[2J',
    '\r\u001B[K',
    'Something happened.\n',
    '\r\u001B[Knobody knows',
    '\r\u001B[K',
  ])
})

it('is not drawn more often than anybody can see', async () => {
  const { texts, clock, line } = written(true, { barMs: 100 })
  for (let count = 0; count < 20; count++) {
    line.show({ text: `${count}`, share: count })
    await clock.advance(30)
  }
  expect(texts.map((text) => text.slice(-2).trim())).toEqual(['0', '4', '8', '12', '16'])
})

it('is a line now and then elsewhere, and one at every step', async () => {
  const { texts, clock, line } = written(false)
  for (let count = 0; count < 12; count++) {
    line.show({ text: `${count}` })
    await clock.advance(1_000)
  }
  line.show({ text: 'next', step: 'b' })
  line.show({ text: 'same', step: 'b' })
  line.end()
  expect(texts).toEqual(['5\n', '10\n', 'next\n'])
})
