import type { Checkpoint, CheckpointStore, PartitionOwnership } from '@azure/event-hubs'

/** A checkpoint store in memory that claims by etag, as the blob store does. */
export function memoryCheckpoints(): CheckpointStore & {
  readonly checkpoints: ReadonlyMap<string, Checkpoint>
} {
  const ownerships = new Map<string, PartitionOwnership>()
  const checkpoints = new Map<string, Checkpoint>()
  let etag = 0
  return {
    checkpoints,
    listOwnership: () => Promise.resolve([...ownerships.values()]),
    claimOwnership(wanted) {
      const won = wanted.filter((one) => ownerships.get(one.partitionId)?.etag === one.etag)
      const claimed = won.map((one) => ({ ...one, etag: String(++etag), lastModifiedTimeInMs: Date.now() }))
      for (const one of claimed) ownerships.set(one.partitionId, one)
      return Promise.resolve(claimed)
    },
    updateCheckpoint(checkpoint) {
      checkpoints.set(checkpoint.partitionId, checkpoint)
      return Promise.resolve()
    },
    listCheckpoints: () => Promise.resolve([...checkpoints.values()]),
  }
}
