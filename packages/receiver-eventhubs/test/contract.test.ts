import { sampleTraces, testReceiverContract } from '@spanloom/core/testing'
import { MemoryPartition } from '@spanloom/eventhubs/testing'

import { defineAzureEventHubReceiver } from '../src/azure-event-hub-receiver.ts'

const connection =
  'Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=c2VjcmV0;EntityPath=hub'
let partition = new MemoryPartition()

testReceiverContract(
  defineAzureEventHubReceiver((options) => {
    partition = new MemoryPartition()
    return partition.consumer(options)
  }),
  {
    config: { connection },
    fetches: true,
    send(_receiver, event) {
      const traces = sampleTraces(event + 1)[event]
      partition.append(traces?.toProtobuf() ?? '')
      return Promise.resolve('accepted')
    },
  },
)
