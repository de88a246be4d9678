import {
  type AuthData,
  type ClientAuthenticator,
  type ConfigOf,
  defineExtension,
  type Extension,
  type ExtensionFactory,
  type ExtensionOptions,
  PermanentError,
  type ServerAuthenticator,
} from '@spanloom/core'

import { FileContent } from './file-content.ts'
import { headerValue } from './header-value.ts'
import { parseHtpasswd, type Users } from './htpasswd.ts'
import { PasswordVerifier } from './password-verifier.ts'

const schema = {
  type: 'object',
  properties: {
    htpasswd: {
      type: 'object',
      section: 'bare',
      description: 'Users that a server lets in, in the form of an `htpasswd` file.',
      properties: {
        file: { type: 'string', format: 'path', description: 'File of users; read again when it changes.' },
        inline: {
          type: 'string',
          secret: true,
          description: 'Users written here; they win over those of the file.',
        },
      },
      additionalProperties: false,
    },
    client_auth: {
      type: 'object',
      section: 'bare',
      description: 'What a client says to be let in.',
      properties: {
        username: { type: 'string' },
        password: { type: 'string', secret: true },
      },
      required: ['username', 'password'],
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const

type Config = ConfigOf<typeof schema>

/** HTTP Basic authentication (RFC 7617) for servers and clients (section 10.5). */
export const basicAuthExtension: ExtensionFactory = defineExtension({
  type: 'basicauth',
  stability: 'beta',
  offers: ['authenticator'],
  description: 'User names and passwords, for servers and clients.',
  schema,
  validate({ htpasswd, client_auth: client }, report) {
    if (htpasswd === undefined && client === undefined) {
      report([], "no credentials source provided: set 'htpasswd' for a server or 'client_auth' for a client")
    }
    if (htpasswd !== undefined && client !== undefined) {
      report(
        ['client_auth'],
        "only one of 'htpasswd' or 'client_auth' can be specified",
        'Make an extension of each.',
      )
    }
    if (htpasswd !== undefined && !htpasswd.file && !htpasswd.inline) {
      report(['htpasswd'], "set 'file' or 'inline'")
    }
    if (client?.username.includes(':'))
      report(['client_auth', 'username'], 'a user name must not contain a colon')
  },
  create: ({ config, ...rest }) =>
    config.client_auth === undefined
      ? new BasicAuthServer({ config, ...rest })
      : basicAuthClient(config.client_auth),
})

class BasicAuthServer implements Extension {
  readonly serverAuthenticator: ServerAuthenticator
  readonly #options: ExtensionOptions<Config>
  readonly #verifier = new PasswordVerifier()
  #users: Users = new Map()
  #file: FileContent<Users> | undefined

  constructor(options: ExtensionOptions<Config>) {
    this.#options = options
    this.serverAuthenticator = {
      authenticate: (headers) => this.#authenticate(headerValue(headers, 'authorization')),
    }
  }

  async start(): Promise<void> {
    const { config, clock, telemetry } = this.#options
    const { file, inline } = config.htpasswd ?? {}
    const written = parseHtpasswd(inline ?? '', 'htpasswd::inline')
    if (!file) {
      this.#users = written
      return
    }
    const parse = (text: string): Users => new Map([...parseHtpasswd(text, file), ...written])
    this.#file = await FileContent.open(file, parse, { clock, logger: telemetry.logger })
  }

  shutdown(): Promise<void> {
    return Promise.resolve()
  }

  async #authenticate(header: string | undefined): Promise<AuthData> {
    const { name, password } = credentialsOf(header)
    const users = this.#file === undefined ? this.#users : await this.#file.current()
    await this.#verifier.verify(users, name, password)
    return { subject: name }
  }
}

function basicAuthClient({ username, password }: NonNullable<Config['client_auth']>): Extension {
  const headers = { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
  const clientAuthenticator: ClientAuthenticator = { headers: () => Promise.resolve(headers) }
  return { clientAuthenticator, start: () => Promise.resolve(), shutdown: () => Promise.resolve() }
}

function credentialsOf(header: string | undefined): { readonly name: string; readonly password: string } {
  if (header === undefined || header === '') throw refused('no basic auth provided')
  const encoded = /^basic +([A-Za-z0-9+/_=-]+)$/i.exec(header)?.[1]
  if (encoded === undefined) throw refused('invalid authorization scheme prefix')
  const pair = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  if (colon === -1) throw refused('invalid auth format')
  return { name: pair.slice(0, colon), password: pair.slice(colon + 1) }
}

const refused = (message: string): PermanentError =>
  new PermanentError('UNAUTHENTICATED', message, { grpcStatus: 16 })
