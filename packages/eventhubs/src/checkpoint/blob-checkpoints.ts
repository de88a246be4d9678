import type { Checkpoints, Ownership, Ownerships } from '../consuming/checkpoints.ts'
import type { CheckpointScope } from '../consuming/stored-checkpoints.ts'
import type { BlobClient } from './blob-client.ts'

/** Directory of a scope: all SDKs of Azure use the same one, so that instances of any kind can share it. */
function directoryOf({ namespace, hub, group }: CheckpointScope): string {
  return [namespace, hub, group].map((part) => part.toLowerCase()).join('/')
}

/** Checkpoints as metadata of empty blobs (`eventhubs.md` section 5.1). */
export function blobCheckpoints(client: BlobClient, scope: CheckpointScope): Checkpoints {
  const nameOf = (partitionId: string): string => `${directoryOf(scope)}/checkpoint/${partitionId}`
  return {
    async read(partitionId) {
      const state = await client.metadata(nameOf(partitionId))
      const offset = state?.metadata.get('offset')
      const sequenceNumber = Number(state?.metadata.get('sequencenumber') ?? Number.NaN)
      if (offset === undefined || offset === '') return undefined
      return { offset, sequenceNumber: Number.isFinite(sequenceNumber) ? sequenceNumber : -1 }
    },
    async write(partitionId, { offset, sequenceNumber }) {
      const metadata = { offset, sequencenumber: String(sequenceNumber) }
      const name = nameOf(partitionId)
      // The blob is there but for the first time.
      if ((await client.setMetadata(name, metadata)) !== undefined) return
      if ((await client.create(name, metadata)) === undefined) await client.setMetadata(name, metadata)
    },
  }
}

/** Ownership as metadata of empty blobs, changed only if nobody else did in between. */
export function blobOwnerships(client: BlobClient, scope: CheckpointScope): Ownerships {
  const directory = `${directoryOf(scope)}/ownership/`
  return {
    async list() {
      const { blobs, nowMs } = await client.list(directory)
      const records = blobs.map(({ name, etag, lastModifiedMs, metadata }): Ownership => ({
        partitionId: name.slice(directory.length),
        ownerId: metadata.get('ownerid') ?? '',
        lastModifiedMs,
        etag,
      }))
      return { records, nowMs }
    },
    async claim(partitionId, ownerId, etag) {
      const name = `${directory}${partitionId}`
      const state =
        etag === undefined
          ? await client.create(name, { ownerid: ownerId })
          : await client.setMetadata(name, { ownerid: ownerId }, etag)
      if (state === undefined) return undefined
      return { partitionId, ownerId, lastModifiedMs: state.lastModifiedMs, etag: state.etag }
    },
  }
}
