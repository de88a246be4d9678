import type { Clock } from '@spanloom/core'

import { Ownership } from './amqp/ownership.ts'
import type { SharedAccessPolicy } from './auth/shared-access.ts'
import { PendingFaults } from './faults.ts'
import type { Hub, Hubs } from './log/hub.ts'

/** What all connections share. */
export class Namespace {
  readonly hubs: Hubs
  readonly policy: SharedAccessPolicy
  readonly clock: Clock
  /** Bytes of a message or batch. */
  readonly maxMessageSize: number
  readonly faults: PendingFaults = new PendingFaults()
  readonly ownership: Ownership = new Ownership()

  constructor(hubs: Hubs, policy: SharedAccessPolicy, clock: Clock, maxMessageSize: number) {
    this.hubs = hubs
    this.policy = policy
    this.clock = clock
    this.maxMessageSize = maxMessageSize
  }

  hub(name: string): Hub | undefined {
    return this.hubs.get(name.toLowerCase())
  }
}
