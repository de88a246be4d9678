import { messageOf, type ReportIssue } from '@spanloom/core'

import { parseConnectionString } from '../connection/connection-string.ts'
import type { HubConnectionConfig } from './connection-settings.ts'
import type { HubConsumerConfig } from './consumer-settings.ts'
import { initialPosition } from './initial-position.ts'
import type { HubProducerConfig } from './producer-settings.ts'

/** Checks what the schema of a connection cannot; issues never quote a secret. */
export function checkHubConnection(config: HubConnectionConfig, report: ReportIssue): void {
  const { connection, auth, event_hub, transport, proxy_url } = config
  if (connection && auth)
    report(['auth'], 'provide either `connection` or `auth`, but not both', 'Remove one of the two.')
  else if (!connection && !auth)
    report(
      ['connection'],
      'either `connection` or `auth` is needed',
      'Set connection: ${env:EVENT_HUB_CONNECTION}, for example.',
    )
  if (connection) checkConnectionString(connection, event_hub.name, report)
  if (auth) {
    const ways = [
      auth.service_principal,
      auth.workload_identity,
      auth.managed_identity,
      auth.use_default || undefined,
    ].filter((way) => way !== undefined)
    if (ways.length !== 1)
      report(
        ['auth'],
        'exactly one of `service_principal`, `workload_identity`, `managed_identity` and `use_default` is needed',
      )
    if (!event_hub.name && !connection) report(['event_hub', 'name'], 'is needed with `auth`')
    if (!event_hub.namespace && !connection) report(['event_hub', 'namespace'], 'is needed with `auth`')
  }
  if (event_hub.namespace?.includes('/') || event_hub.namespace?.includes(':'))
    report(['event_hub', 'namespace'], 'must be a host name such as acme.servicebus.windows.net')
  if (proxy_url && transport !== 'amqp_ws') report(['proxy_url'], 'works with `transport: amqp_ws` only')
}

const connectionForm =
  'Its form is Endpoint=sb://<namespace>.servicebus.windows.net/;SharedAccessKeyName=<name>;SharedAccessKey=<key>;EntityPath=<hub>'

/** Checks what concerns several settings of a consumer, those of its connection included. */
export function checkHubConsumer(config: HubConsumerConfig, report: ReportIssue): void {
  checkHubConnection(config, report)
  const { partition, offset, storage, blob_checkpoint_store: blob, load_balancing: balancing } = config
  if (offset !== undefined && partition === undefined) report(['offset'], 'works with `partition` only')
  if (typeof initialPosition(config.initial_position) === 'string')
    report(['initial_position'], 'must be `earliest`, `latest` or a time such as 2026-11-21T08:00:00Z')
  if (balancing.ownership_expiration < 2 * balancing.update_interval)
    report(['load_balancing', 'ownership_expiration'], 'must be at least twice `update_interval`')
  if (config.transport === 'kafka') {
    if (storage) report(['storage'], 'has no effect with `transport: kafka`: the service keeps the offsets')
    if (blob)
      report(
        ['blob_checkpoint_store'],
        'has no effect with `transport: kafka`: the service keeps the offsets',
      )
    if (!['earliest', 'latest'].includes(config.initial_position))
      report(['initial_position'], 'must be `earliest` or `latest` with `transport: kafka`')
    if (partition !== undefined) report(['partition'], 'is not possible with `transport: kafka`')
    if (config.max_trace_duration > 0)
      report(['max_trace_duration'], 'is not possible with `transport: kafka`')
  }
  if (blob) checkBlob(config, report)
}

/** Checks what concerns several settings of a producer, those of its connection included. */
export function checkHubProducer(config: HubProducerConfig, report: ReportIssue): void {
  checkHubConnection(config, report)
}

function checkConnectionString(text: string, hub: string | undefined, report: ReportIssue): void {
  try {
    const parsed = parseConnectionString(text)
    if (parsed.hub === undefined && !hub)
      report(['event_hub', 'name'], 'is needed, as `connection` has no EntityPath')
    if (parsed.hub !== undefined && hub && parsed.hub !== hub)
      report(['event_hub', 'name'], 'is not the EntityPath of `connection`')
  } catch (error) {
    report(['connection'], messageOf(error), connectionForm)
  }
}

function checkBlob(
  { partition, offset, storage, blob_checkpoint_store: blob, auth }: HubConsumerConfig,
  report: ReportIssue,
): void {
  const path = 'blob_checkpoint_store'
  for (const [name, value] of Object.entries({ partition, offset, storage }))
    if (value !== undefined) report([name], `does not go together with \`${path}\``)
  if (Boolean(blob?.connection) === Boolean(blob?.storage_account_url))
    report([path], 'provide either `connection` or `storage_account_url`')
  if (blob?.storage_account_url && !blob.storage_account_url.includes('?') && !auth)
    report([path, 'storage_account_url'], 'needs `auth`, or a shared access signature in the URL')
}
