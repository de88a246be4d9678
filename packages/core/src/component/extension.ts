import type { Storage } from '../storage/storage.ts'
import type { Component } from './component.ts'

/** Who sent a request, as an authenticator found out. */
export interface AuthData {
  /** Name of the user or client. */
  readonly subject?: string
}

/** Checks requests that come in; throws an error whose message may be shown to the sender. */
export interface ServerAuthenticator {
  authenticate(headers: Readonly<Record<string, string | readonly string[] | undefined>>): Promise<AuthData>
}

/** Gives the headers that prove who we are to a server. */
export interface ClientAuthenticator {
  headers(): Promise<Readonly<Record<string, string>>>
}

/** Refuses requests before their body is read; throws a `RetryableError` while it does (section 11.3). */
export interface RequestGuard {
  admit(): void
}

/** Something that serves the whole collector rather than one pipeline. What it can do is what it has. */
export interface Extension extends Component {
  readonly serverAuthenticator?: ServerAuthenticator
  readonly clientAuthenticator?: ClientAuthenticator
  readonly requestGuard?: RequestGuard
  readonly storage?: Storage
  /** Ids of extensions that have to be started before this one (RUN-01). */
  readonly dependencies?: readonly string[]
  /** All pipelines run. */
  ready?(): void
  /** The pipelines are about to stop. */
  notReady?(): void
}
