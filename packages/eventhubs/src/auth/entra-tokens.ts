import { readFile } from 'node:fs/promises'

import { messageOf, RetryableError, StartError, type Clock } from '@spanloom/core'

import type { HubAuthConfig } from '../settings/auth-settings.ts'
import { defaultAzureTokens } from './azure-identity.ts'
import { cachedTokens } from './token-cache.ts'
import { requestToken, type TokenCall } from './token-request.ts'
import type { TokenSource } from './token-source.ts'

/** What tokens are got with. */
export interface EntraOptions {
  readonly auth: HubAuthConfig
  readonly call: TokenCall
  readonly clock: Pick<Clock, 'now'>
  /** Environment of the process, where platforms put what an identity needs. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Tokens of Microsoft Entra ID for the ways that matter (`eventhubs.md` section 2), kept until they are about to
 * expire. An own client, because the official one is 40 MB.
 *
 * @throws StartError when a setting is missing.
 */
export async function entraTokens(options: EntraOptions): Promise<TokenSource> {
  return cachedTokens(await sourceOf(options), options.clock)
}

function sourceOf(options: EntraOptions): TokenSource | Promise<TokenSource> {
  const { service_principal, workload_identity, managed_identity, use_default } = options.auth
  if (service_principal) return clientSecret(options, service_principal)
  if (workload_identity) return workloadIdentity(options, workload_identity)
  if (managed_identity) return managedIdentity(options, managed_identity.client_id)
  if (use_default) return defaultAzureTokens()
  throw new StartError('AUTH_MISSING', 'The `auth` section names no way to get a token.')
}

function clientSecret(
  { auth, call, clock }: EntraOptions,
  { tenant_id, client_id, client_secret }: NonNullable<HubAuthConfig['service_principal']>,
): TokenSource {
  return {
    token: (scope) =>
      requestToken(
        call,
        {
          method: 'POST',
          url: tokenUrl(auth, tenant_id),
          form: { grant_type: 'client_credentials', client_id, client_secret, scope },
        },
        clock,
      ),
  }
}

function workloadIdentity(
  { auth, call, clock, env }: EntraOptions,
  settings: NonNullable<HubAuthConfig['workload_identity']>,
): TokenSource {
  const tenant = needed('tenant_id', settings.tenant_id || env['AZURE_TENANT_ID'])
  const client = needed('client_id', settings.client_id || env['AZURE_CLIENT_ID'])
  const file = needed(
    'federated_token_file',
    settings.federated_token_file || env['AZURE_FEDERATED_TOKEN_FILE'],
  )
  return {
    async token(scope) {
      return await requestToken(
        call,
        {
          method: 'POST',
          url: tokenUrl(auth, tenant),
          form: {
            grant_type: 'client_credentials',
            client_id: client,
            client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
            // Read each time: Kubernetes renews the file.
            client_assertion: await assertionIn(file),
            scope,
          },
        },
        clock,
      )
    },
  }
}

function managedIdentity({ call, clock, env }: EntraOptions, clientId: string | undefined): TokenSource {
  const endpoint = env['IDENTITY_ENDPOINT']
  const header = env['IDENTITY_HEADER']
  const service =
    endpoint && header
      ? { url: endpoint, version: '2019-08-01', headers: { 'x-identity-header': header } }
      : {
          url: 'http://169.254.169.254/metadata/identity/oauth2/token',
          version: '2018-02-01',
          headers: { metadata: 'true' },
        }
  return {
    token(scope) {
      const url = new URL(service.url)
      url.searchParams.set('api-version', service.version)
      url.searchParams.set('resource', scope.replace(/\/+\.default$/, ''))
      if (clientId) url.searchParams.set('client_id', clientId)
      return requestToken(call, { method: 'GET', url: url.href, headers: service.headers }, clock)
    },
  }
}

const tokenUrl = (auth: HubAuthConfig, tenant: string): string =>
  `${auth.authority_host.replace(/\/+$/, '')}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`

async function assertionIn(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    throw new RetryableError('TOKEN_FAILED', `The federated token file cannot be read: ${messageOf(error)}`)
  }
}

function needed(name: string, value: string | undefined): string {
  if (value) return value
  throw new StartError(
    'AUTH_MISSING',
    `auth.workload_identity.${name} is neither set nor in the environment.`,
  )
}
