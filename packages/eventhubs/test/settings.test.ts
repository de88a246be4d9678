import type { ReportIssue } from '@spanloom/core'
import { expect, it } from 'vitest'

import { checkHubConsumer, checkHubProducer } from '../src/index.ts'
import { consumerConfig, producerConfig } from './hub-settings.ts'

const key = 'c2VjcmV0LXNlY3JldA=='
const namespace = `Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=all;SharedAccessKey=${key}`
const hub = `${namespace};EntityPath=flows`

function issuesOf(settings: Readonly<Record<string, unknown>>): string[] {
  const issues: string[] = []
  const report: ReportIssue = (path, message) => void issues.push(`${path.join('.')}: ${message}`)
  checkHubConsumer(consumerConfig(settings), report)
  return issues
}

it('takes what is complete', () => {
  expect(issuesOf({ connection: hub })).toEqual([])
  expect(issuesOf({ connection: namespace, event_hub: { name: 'flows' } })).toEqual([])
  expect(
    issuesOf({
      auth: { managed_identity: null },
      event_hub: { name: 'flows', namespace: 'acme.servicebus.windows.net' },
      blob_checkpoint_store: {
        storage_account_url: 'https://acme.blob.core.windows.net',
        container_name: 'c',
      },
    }),
  ).toEqual([])
  const producer: string[] = []
  checkHubProducer(producerConfig({ connection: hub }), (path) => void producer.push(path.join('.')))
  expect(producer).toEqual([])
})

it.each([
  [{}, 'connection: either `connection` or `auth`'],
  [
    { connection: hub, auth: { use_default: true }, event_hub: { name: 'flows', namespace: 'a' } },
    'but not both',
  ],
  [{ connection: namespace }, 'event_hub.name: is needed'],
  [{ connection: hub, event_hub: { name: 'other' } }, 'event_hub.name: is not the EntityPath'],
  [
    { connection: `Endpoint=sb://a/;SharedAccessKeyName=n;SharedAccessKey=${key};SharedAccessSignature=s` },
    'both',
  ],
  [{ auth: {}, event_hub: { name: 'a', namespace: 'b' } }, 'exactly one of'],
  [{ auth: { use_default: true } }, 'event_hub.namespace: is needed'],
  [{ auth: { use_default: true }, event_hub: { name: 'a', namespace: 'https://b/' } }, 'must be a host name'],
  [{ connection: hub, proxy_url: 'http://proxy:3128' }, 'proxy_url: works with `transport: amqp_ws` only'],
  [{ connection: hub, offset: '5' }, 'offset: works with `partition` only'],
  [{ connection: hub, initial_position: 'yesterday' }, 'initial_position: must be'],
  [
    { connection: hub, load_balancing: { update_interval: '10s', ownership_expiration: '15s' } },
    'load_balancing.ownership_expiration: must be at least twice',
  ],
  [{ connection: hub, transport: 'kafka', storage: 'file_storage' }, 'storage: has no effect'],
  [{ connection: hub, transport: 'kafka', initial_position: '2026-01-01' }, 'initial_position: must be'],
  [
    {
      connection: hub,
      storage: 'file_storage',
      blob_checkpoint_store: { connection: 'x', container_name: 'c' },
    },
    'storage: does not go together',
  ],
  [{ connection: hub, blob_checkpoint_store: { container_name: 'c' } }, 'provide either `connection`'],
  [
    { connection: hub, blob_checkpoint_store: { storage_account_url: 'https://a', container_name: 'c' } },
    'needs `auth`, or a shared access signature',
  ],
])('says what is wrong with %j', (settings, message) => {
  const issues = issuesOf(settings)
  expect(issues.join('\n')).toContain(message)
  expect(issues.join('\n')).not.toContain(key)
})
