/** A kind of request that the endpoint answers, and the versions it knows. */
export interface ApiRange {
  readonly key: number
  readonly min: number
  readonly max: number
}

type ApiName =
  | 'produce'
  | 'fetch'
  | 'listOffsets'
  | 'metadata'
  | 'offsetCommit'
  | 'offsetFetch'
  | 'findCoordinator'
  | 'joinGroup'
  | 'heartbeat'
  | 'leaveGroup'
  | 'syncGroup'
  | 'saslHandshake'
  | 'apiVersions'
  | 'saslAuthenticate'

/**
 * The endpoint of Event Hubs knows old versions only, and closes the connection of a client that begins
 * with a newer one (eventhubs.md, section 10). None of these has the compact encoding.
 */
export const api: Readonly<Record<ApiName, ApiRange>> = {
  produce: { key: 0, min: 3, max: 7 },
  fetch: { key: 1, min: 4, max: 6 },
  listOffsets: { key: 2, min: 1, max: 3 },
  metadata: { key: 3, min: 0, max: 5 },
  offsetCommit: { key: 8, min: 2, max: 5 },
  offsetFetch: { key: 9, min: 1, max: 4 },
  findCoordinator: { key: 10, min: 0, max: 2 },
  joinGroup: { key: 11, min: 2, max: 5 },
  heartbeat: { key: 12, min: 0, max: 3 },
  leaveGroup: { key: 13, min: 0, max: 2 },
  syncGroup: { key: 14, min: 0, max: 3 },
  saslHandshake: { key: 17, min: 0, max: 1 },
  apiVersions: { key: 18, min: 0, max: 2 },
  saslAuthenticate: { key: 36, min: 0, max: 1 },
}

/** Error codes of the protocol. */
export const errorCode = {
  none: 0,
  unknownServerError: -1,
  offsetOutOfRange: 1,
  corruptMessage: 2,
  unknownTopicOrPartition: 3,
  messageTooLarge: 10,
  illegalGeneration: 22,
  inconsistentGroupProtocol: 23,
  unknownMemberId: 25,
  rebalanceInProgress: 27,
  unsupportedSaslMechanism: 33,
  unsupportedVersion: 35,
  policyViolation: 44,
  saslAuthenticationFailed: 58,
  unsupportedCompressionType: 76,
  memberIdRequired: 79,
} as const
