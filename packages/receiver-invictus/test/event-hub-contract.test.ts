import { testReceiverContract } from '@spanloom/core/testing'
import { MemoryPartition } from '@spanloom/eventhubs/testing'

import { defineInvictusReceiver } from '../src/receiver.ts'
import { eventNumber } from './events.ts'

const connection =
  'Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=c2VjcmV0;EntityPath=hub'
let partition = new MemoryPartition()

testReceiverContract(
  defineInvictusReceiver((options) => {
    partition = new MemoryPartition()
    return partition.consumer(options)
  }),
  {
    config: { event_hub: { connection } },
    fetches: true,
    send(_receiver, event) {
      partition.append(JSON.stringify([eventNumber(event)]))
      return Promise.resolve('accepted')
    },
  },
)
