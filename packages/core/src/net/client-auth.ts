import type { Host } from '../component/component.ts'
import { StartError } from '../errors/errors.ts'

/** The section `auth` of a client (section 10.5). */
export const clientAuthSettings = {
  type: 'object',
  section: 'bare',
  description: 'Lets an extension prove who we are.',
  properties: {
    authenticator: {
      type: 'string',
      reference: 'extension',
      role: 'authenticator',
      description: 'Id of a client authenticator.',
    },
  },
  required: ['authenticator'],
  additionalProperties: false,
} as const

/** Gives the headers that prove who we are; none without an authenticator. */
export type AuthHeaders = () => Promise<Readonly<Record<string, string>>>

/**
 * Looks up the client authenticator that `auth` names; `undefined` without `auth`.
 *
 * @throws StartError when it is not running or cannot do what is asked of it.
 */
export function findClientAuth(
  host: Host,
  auth: { readonly authenticator: string } | undefined,
): AuthHeaders | undefined {
  if (auth === undefined) return undefined
  const extension = host.extension(auth.authenticator)
  if (extension === undefined)
    throw new StartError(
      'AUTHENTICATOR_MISSING',
      `failed to resolve authenticator "${auth.authenticator}": authenticator not found`,
      { hint: `Configure the extension "${auth.authenticator}" and list it in service::extensions.` },
    )
  const authenticator = extension.clientAuthenticator
  if (authenticator === undefined)
    throw new StartError(
      'AUTHENTICATOR_MISSING',
      `The extension "${auth.authenticator}" is not a client authenticator.`,
    )
  return () => authenticator.headers()
}
