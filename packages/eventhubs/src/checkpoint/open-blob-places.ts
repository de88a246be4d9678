import type { Places, PlacesOptions } from '../consuming/open-places.ts'
import type { CheckpointScope } from '../consuming/stored-checkpoints.ts'
import type { HubConsumerConfig } from '../settings/consumer-settings.ts'
import { blobCheckpoints, blobOwnerships } from './blob-checkpoints.ts'
import { createBlobClient } from './blob-client.ts'
import { parseStorageConnection, parseStorageUrl } from './storage-account.ts'

/** Options of a container. */
export interface BlobPlacesOptions extends Pick<PlacesOptions, 'tokens' | 'clock'> {
  readonly settings: NonNullable<HubConsumerConfig['blob_checkpoint_store']>
  readonly scope: CheckpointScope
}

/**
 * Opens a container for checkpoints and ownership without asking it anything yet.
 *
 * @throws StartError when the settings name no account.
 */
export function openBlobPlaces({ settings, scope, tokens, clock }: BlobPlacesOptions): Places {
  const { connection, storage_account_url: url, container_name: container } = settings
  const account = connection ? parseStorageConnection(connection) : parseStorageUrl(url ?? '')
  const client = createBlobClient({ account, container, tokens, clock })
  return {
    checkpoints: blobCheckpoints(client, scope),
    ownerships: blobOwnerships(client, scope),
    close: () => client.close(),
  }
}
