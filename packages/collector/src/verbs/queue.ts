import { SpanloomError } from '@spanloom/core'

import { addQueueDrop, addQueueRetry } from './queue-change.ts'
import { addQueueExport } from './queue-export.ts'
import { addQueueLs } from './queue-ls.ts'
import { addQueueShow } from './queue-show.ts'
import type { Verb } from './verb.ts'

/** Works on the stored sending queues of a collector that is stopped (OUT-12). */
export const queueVerb: Verb = {
  define(program, context, act) {
    const queue = program
      .command('queue')
      .description('Look into stored sending queues of a stopped collector, and change them.')
      .action(() => act(() => Promise.reject(noVerb())))
    for (const add of [addQueueLs, addQueueShow, addQueueRetry, addQueueDrop, addQueueExport]) {
      add(queue, context, act)
    }
  },
}

const noVerb = (): SpanloomError =>
  new SpanloomError('NO_VERB', 'say what to do with the queue', {
    hint: 'There are ls, show, retry, drop and export.',
  })
