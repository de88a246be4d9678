import type { ConfigOf } from '@spanloom/core'

/** Settings of `auth`: Microsoft Entra ID instead of a shared key; named as in the Collector's `azure_auth`. */
export const hubAuthSettings = {
  type: 'object',
  section: 'bare',
  description:
    'Microsoft Entra ID instead of a connection string; with `event_hub`. Exactly one of `service_principal`, `workload_identity`, `managed_identity` and `use_default`.',
  properties: {
    service_principal: {
      type: 'object',
      section: 'bare',
      description: 'An application with a client secret.',
      properties: {
        tenant_id: { type: 'string', minLength: 1, description: 'Id or domain of the tenant.' },
        client_id: { type: 'string', minLength: 1, description: 'Id of the application.' },
        client_secret: {
          type: 'string',
          minLength: 1,
          secret: true,
          description: 'Secret of the application.',
        },
      },
      required: ['tenant_id', 'client_id', 'client_secret'],
      additionalProperties: false,
    },
    workload_identity: {
      type: 'object',
      section: 'ready',
      description: 'A federated token in a file, as Kubernetes mounts it.',
      properties: {
        tenant_id: { type: 'string', description: 'Default: `AZURE_TENANT_ID` of the environment.' },
        client_id: { type: 'string', description: 'Default: `AZURE_CLIENT_ID` of the environment.' },
        federated_token_file: {
          type: 'string',
          format: 'path',
          description: 'Default: `AZURE_FEDERATED_TOKEN_FILE` of the environment.',
        },
      },
      additionalProperties: false,
    },
    managed_identity: {
      type: 'object',
      section: 'ready',
      description: 'The identity of the machine, app service or container app.',
      properties: {
        client_id: { type: 'string', description: 'Client id of a user-assigned identity.' },
      },
      additionalProperties: false,
    },
    use_default: {
      type: 'boolean',
      default: false,
      description:
        '`DefaultAzureCredential` of `@azure/identity`, which has to be installed beside Spanloom.',
    },
    authority_host: {
      type: 'string',
      format: 'url',
      default: 'https://login.microsoftonline.com',
      description: 'Where tokens are issued; another one in sovereign clouds.',
    },
  },
  additionalProperties: false,
} as const

/** Parsed `auth` settings. */
export type HubAuthConfig = NonNullable<ConfigOf<typeof hubAuthSettings>>
