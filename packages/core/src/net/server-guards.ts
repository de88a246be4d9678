import type { Host } from '../component/component.ts'
import type { AuthData, RequestGuard, ServerAuthenticator } from '../component/extension.ts'
import { isPermanent, messageOf, StartError } from '../errors/errors.ts'
import { HttpFault } from './http-fault.ts'
import { isExpected } from './outcome-tables.ts'

/** The settings that name extensions which look at requests. */
export interface ServerGuardConfig {
  readonly auth?: { readonly authenticator: string } | undefined
  readonly middlewares?: readonly { readonly id: string }[] | undefined
}

type Headers = Parameters<ServerAuthenticator['authenticate']>[0]

/** What stands before a server's handlers. */
export interface ServerGuards {
  /** Absent where nobody checks who sends. Throws an `HttpFault` 401, or a retryable error as it came. */
  readonly authenticate: ((headers: Headers) => Promise<AuthData>) | undefined
  /** Throws a `RetryableError` while a guard refuses requests (section 11.3). */
  readonly admit: () => void
}

/**
 * Looks up the extensions that `auth` and `middlewares` name.
 *
 * @throws StartError when one is not running or cannot do what is asked of it (OTR-17).
 */
export function findServerGuards(host: Host, config: ServerGuardConfig): ServerGuards {
  const authenticator = config.auth && findAuthenticator(host, config.auth.authenticator)
  const guards = (config.middlewares ?? []).map(({ id }) => findGuard(host, id))
  return {
    authenticate: authenticator && ((headers) => authenticate(authenticator, headers)),
    admit: () => {
      for (const guard of guards) guard.admit()
    },
  }
}

async function authenticate(authenticator: ServerAuthenticator, headers: Headers): Promise<AuthData> {
  try {
    return await authenticator.authenticate(headers)
  } catch (error) {
    if (isExpected(error) && !isPermanent(error) && 'retryAfterMs' in error) throw error
    const message = isExpected(error) ? messageOf(error) : 'Authentication failed.'
    throw new HttpFault(401, 'UNAUTHENTICATED', message, { cause: error })
  }
}

function findAuthenticator(host: Host, id: string): ServerAuthenticator {
  const extension = host.extension(id)
  if (extension === undefined) {
    throw new StartError(
      'AUTHENTICATOR_MISSING',
      `failed to resolve authenticator "${id}": authenticator not found`,
      {
        hint: `Configure the extension "${id}" and list it in service::extensions.`,
      },
    )
  }
  if (extension.serverAuthenticator === undefined) {
    throw new StartError('AUTHENTICATOR_MISSING', `The extension "${id}" is not a server authenticator.`)
  }
  return extension.serverAuthenticator
}

function findGuard(host: Host, id: string): RequestGuard {
  const extension = host.extension(id)
  if (extension === undefined) {
    throw new StartError('MIDDLEWARE_MISSING', `failed to resolve middleware "${id}": middleware not found`, {
      hint: `Configure the extension "${id}" and list it in service::extensions.`,
    })
  }
  if (extension.requestGuard === undefined) {
    throw new StartError('MIDDLEWARE_MISSING', `The extension "${id}" is not a server middleware.`)
  }
  return extension.requestGuard
}
