// Stores, removes and acknowledges on stdout what it did, until it is killed.
import { writeSync } from 'node:fs'

import { systemClock } from '@spanloom/core'
import { createComponent, seededRandom, testHost } from '@spanloom/core/testing'

import { fileStorageExtension } from '../src/index.ts'
import { contentOf, killOwner } from './kill-content.ts'

const [, , directory = '', fsync = '', start = '0'] = process.argv

/** Synchronous, so that nothing is told that did not happen before. */
function tell(what: string): void {
  for (let line = Buffer.from(`${what}\n`); line.length > 0;) {
    try {
      line = line.subarray(writeSync(1, line))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
    }
  }
}

async function main(): Promise<void> {
  const extension = createComponent(
    fileStorageExtension,
    { directory, fsync: fsync === 'true', min_free_disk: 0, ballast: 0 },
    { clock: systemClock },
  )
  await extension.start(testHost())
  const { queue, fragments, index } = await extension.storage.open(killOwner)
  const random = seededRandom(Number(start))
  let next = Number(start)

  const produce = async (): Promise<never> => {
    for (;;) {
      const numbers = Array.from({ length: 1 + Math.floor(random() * 4) }, () => next++)
      const ids = await queue.append(
        numbers.map((number) => ({ uid: `${number}`, destination: 0, items: 1, body: contentOf(number) })),
      )
      tell(`queued ${numbers.join(' ')}`)
      if (random() < 0.4) {
        tell(`sent ${numbers[0] ?? ''}`)
        void queue.done(ids.slice(0, 1))
      } else if (random() < 0.3) {
        await queue.retry(ids[0] ?? 0, 5, 503, 'busy')
        tell(`retried ${numbers[0] ?? ''}`)
      }
    }
  }
  const assemble = async (): Promise<never> => {
    for (;;) {
      const sequence = next++
      await fragments.write({ append: [{ key: `k${sequence % 7}`, sequence, bytes: contentOf(sequence) }] })
      tell(`kept ${sequence}`)
      if (random() < 0.5) {
        tell(`emitted ${sequence}`)
        await fragments.write({ remove: [sequence] })
      }
      await index.put([{ key: `i${sequence}`, value: contentOf(sequence % 50) }])
      tell(`noted ${sequence}`)
    }
  }
  await Promise.all([produce(), produce(), produce(), assemble(), assemble()])
}

void main()
