/** A token of Microsoft Entra ID. */
export interface AccessToken {
  readonly token: string
  /** Until when it is good, in milliseconds since 1970. */
  readonly expiresMs: number
}

/** Gives tokens, fresh ones when those before are about to expire. */
export interface TokenSource {
  /**
   * @param scope What the token is for, such as `https://eventhubs.azure.net//.default`.
   * @throws RetryableError when none can be got at the moment; the message holds no secret.
   */
  token(scope: string, signal?: AbortSignal): Promise<AccessToken>
}
