import { createConnection } from 'node:net'

import { StartError } from '@spanloom/core'
import { createComponent, testExtensionContract, testHost, testTelemetry } from '@spanloom/core/testing'
import { localEventHubsExtension } from '@spanloom/receiver-eventhubs/local'
import { expect, it } from 'vitest'

const hubs = [{ name: 'flows', partitions: 2 }]

testExtensionContract(localEventHubsExtension, { config: { port: 0, hubs } })

it('listens, says what it is, and tells when its port is taken', async () => {
  const telemetry = testTelemetry()
  const extension = createComponent(localEventHubsExtension, { port: 0, hubs }, { telemetry })
  await extension.start(testHost())
  try {
    const { port = 0 } = extension.address ?? {}
    await new Promise((resolve, reject) => {
      const socket = createConnection({ port, host: '127.0.0.1' }, () => socket.destroy()).on(
        'close',
        resolve,
      )
      socket.on('error', reject)
    })
    expect(telemetry.logger.lines.map(({ message }) => message)).toEqual([
      expect.stringContaining('development tool'),
    ])
    expect(JSON.stringify(telemetry.logger.lines)).not.toContain('SAS_KEY_VALUE')
    const second = createComponent(localEventHubsExtension, { port, hubs })
    await expect(second.start(testHost())).rejects.toThrow(StartError)
  } finally {
    await extension.shutdown(AbortSignal.timeout(2_000))
  }
  expect(extension.address).toBeUndefined()
})

it('tells what is wrong with a hub', async () => {
  const extension = createComponent(localEventHubsExtension, { port: 0, hubs: [{ name: 'no name' }] })
  await expect(extension.start(testHost())).rejects.toThrow('no name of an event hub')
})
