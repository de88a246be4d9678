import { SpanloomError } from '@spanloom/core'

import { addEventhubRead } from './eventhub-read.ts'
import { addEventhubSend } from './eventhub-send.ts'
import { addEventhubServe } from './eventhub-serve.ts'
import type { Verb } from './verb.ts'

/** A local stand-in for Azure Event Hubs, and a small client for any event hub. */
export const eventhubVerb: Verb = {
  define(program, context, act) {
    const eventhub = program
      .command('eventhub')
      .description('Run a local stand-in for Azure Event Hubs, send events to a hub, or read one.')
      .action(() => act(() => Promise.reject(noVerb())))
    for (const add of [addEventhubServe, addEventhubSend, addEventhubRead]) add(eventhub, context, act)
  },
}

const noVerb = (): SpanloomError =>
  new SpanloomError('NO_VERB', 'say what to do with event hubs', { hint: 'There are serve, send and read.' })
