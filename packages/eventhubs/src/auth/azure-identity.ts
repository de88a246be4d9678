import { StartError } from '@spanloom/core'

import type { TokenSource } from './token-source.ts'

/** What we use of `@azure/identity`, which is not a dependency. */
interface Credential {
  getToken(
    scope: string,
    options: { readonly abortSignal?: AbortSignal },
  ): Promise<{ readonly token: string; readonly expiresOnTimestamp: number } | null>
}

/**
 * Tokens of `DefaultAzureCredential`, for the ways that we do not know ourselves.
 *
 * @throws StartError when `@azure/identity` is not installed.
 */
export async function defaultAzureTokens(load: () => Promise<unknown> = loadIdentity): Promise<TokenSource> {
  const credential = await make(load)
  return {
    async token(scope, signal) {
      const token = await credential.getToken(scope, signal === undefined ? {} : { abortSignal: signal })
      if (token === null) throw new Error('The default credential gave no token.')
      return { token: token.token, expiresMs: token.expiresOnTimestamp }
    },
  }
}

// The name is not a literal, so that bundlers and the compiler do not look for a package that need not be there.
const packageName = ['@azure', 'identity'].join('/')

const loadIdentity = (): Promise<unknown> => import(packageName)

async function make(load: () => Promise<unknown>): Promise<Credential> {
  const module = await load().catch((cause: unknown) => {
    throw new StartError('AUTH_MISSING', '`auth.use_default` needs the package @azure/identity.', {
      hint: 'Install it beside Spanloom: npm install @azure/identity.',
      cause,
    })
  })
  if (typeof module === 'object' && module !== null && 'DefaultAzureCredential' in module) {
    const { DefaultAzureCredential: make } = module
    if (typeof make === 'function') {
      const credential: unknown = Reflect.construct(make, [])
      if (isCredential(credential)) return credential
    }
  }
  throw new StartError('AUTH_MISSING', 'The installed @azure/identity has no DefaultAzureCredential.')
}

function isCredential(value: unknown): value is Credential {
  return (
    typeof value === 'object' && value !== null && 'getToken' in value && typeof value.getToken === 'function'
  )
}
