import { findStorage, type Host, type OwnerStorage } from '@spanloom/core'

import type { TokenSource } from '../auth/token-source.ts'
import { openBlobPlaces } from '../checkpoint/open-blob-places.ts'
import type { HubTarget } from '../connection/hub-target.ts'
import type { HubConsumerOptions } from '../consumer.ts'
import type { Checkpoints, Ownerships } from './checkpoints.ts'
import { indexCheckpoints, memoryCheckpoints } from './stored-checkpoints.ts'

/** Where a consumer remembers things. */
export interface Places {
  readonly checkpoints: Checkpoints
  /** Absent: this instance is alone. */
  readonly ownerships?: Ownerships
  close(): Promise<void>
}

/** What is needed to open them. */
export interface PlacesOptions extends Pick<HubConsumerOptions, 'id' | 'config' | 'telemetry' | 'clock'> {
  readonly host: Host
  readonly target: HubTarget
  readonly tokens: TokenSource | undefined
}

/**
 * Opens what the settings name: a container of blobs, a storage extension, or memory, which is said in the log.
 *
 * @throws StartError when a storage is missing or used by another process.
 */
export async function openPlaces(options: PlacesOptions): Promise<Places> {
  const { id, config, telemetry, host, target } = options
  const scope = { namespace: target.namespace, hub: target.hub, group: config.group }
  if (config.blob_checkpoint_store)
    return openBlobPlaces({ ...options, scope, settings: config.blob_checkpoint_store })
  if (config.storage === undefined) {
    telemetry.logger.warn('Checkpoints live in memory only: after a restart everything is read again.', {
      hint: 'Name a storage extension in `storage`, or a container in `blob_checkpoint_store`.',
    })
    return { checkpoints: memoryCheckpoints(), close: () => Promise.resolve() }
  }
  // A file of its own, so that the component can keep other things under its id.
  const file: OwnerStorage = await findStorage(host, config.storage).open({
    kind: 'receiver',
    id,
    pipeline: 'checkpoints',
  })
  return { checkpoints: indexCheckpoints(file.index, scope), close: () => file.close() }
}
