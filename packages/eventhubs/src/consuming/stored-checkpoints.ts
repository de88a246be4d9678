import type { KeyedIndex } from '@spanloom/core'

import type { Checkpoints, Position } from './checkpoints.ts'

/** Which log the checkpoints are about. */
export interface CheckpointScope {
  readonly namespace: string
  readonly hub: string
  readonly group: string
}

/** Checkpoints that end with the process. */
export function memoryCheckpoints(): Checkpoints {
  const positions = new Map<string, Position>()
  return {
    read: (partitionId) => Promise.resolve(positions.get(partitionId)),
    write(partitionId, position) {
      positions.set(partitionId, position)
      return Promise.resolve()
    },
  }
}

/** Checkpoints in a storage extension. Another hub or group in the settings begins anew. */
export function indexCheckpoints(index: KeyedIndex, { namespace, hub, group }: CheckpointScope): Checkpoints {
  const keyOf = (partitionId: string): string =>
    ['checkpoint', namespace.toLowerCase(), hub.toLowerCase(), group.toLowerCase(), partitionId]
      .map(encodeURIComponent)
      .join('/')
  return {
    async read(partitionId) {
      const value = await index.get(keyOf(partitionId))
      return value === undefined ? undefined : positionOf(Buffer.from(value).toString())
    },
    async write(partitionId, { offset, sequenceNumber }) {
      const value = Buffer.from(JSON.stringify({ offset, sequenceNumber }))
      await index.put([{ key: keyOf(partitionId), value }])
    },
  }
}

/** An entry that means nothing is as good as none: reading begins where it would without a checkpoint. */
function positionOf(text: string): Position | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    const { offset, sequenceNumber }: { offset?: unknown; sequenceNumber?: unknown } = value
    return typeof offset === 'string' && typeof sequenceNumber === 'number'
      ? { offset, sequenceNumber }
      : undefined
  } catch {
    return undefined
  }
}
