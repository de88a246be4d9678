import {
  type AuthData,
  type ClientAuthenticator,
  type ConfigOf,
  defineExtension,
  equalInConstantTime,
  type Extension,
  type ExtensionFactory,
  type ExtensionOptions,
  PermanentError,
  type ServerAuthenticator,
  StartError,
} from '@spanloom/core'

import { FileContent } from './file-content.ts'
import { headerValue } from './header-value.ts'

const schema = {
  type: 'object',
  properties: {
    scheme: {
      type: 'string',
      default: 'Bearer',
      description: 'Word in front of the token; empty for the token alone.',
    },
    header: { type: 'string', default: 'Authorization', description: 'Header that carries the token.' },
    token: { type: 'string', secret: true, description: 'The token.' },
    tokens: {
      type: 'array',
      items: { type: 'string', secret: true },
      description: 'Tokens that a server takes; a client sends the first.',
    },
    filename: {
      type: 'string',
      format: 'path',
      description: 'File with a token on each line, read again when it changes; wins over the other two.',
    },
  },
  additionalProperties: false,
} as const

type Config = ConfigOf<typeof schema>

const visible = /^[\x21-\x7e]+$/
const headerName = /^[\w!#$%&'*+.^`|~-]+$/

/** Fixed tokens for servers and clients (section 10.5). */
export const bearerTokenAuthExtension: ExtensionFactory = defineExtension({
  type: 'bearertokenauth',
  stability: 'beta',
  offers: ['authenticator'],
  description: 'Fixed tokens, for servers and clients.',
  schema,
  validate({ header, scheme, token, tokens, filename }, report) {
    const written = [...(token ? [token] : []), ...(tokens ?? [])]
    if (written.length === 0 && !filename)
      report([], 'no bearer token provided', 'Set token: ${env:TOKEN}, for example.')
    if (token && tokens !== undefined && tokens.length > 0) {
      report(['tokens'], 'either tokens or token should be provided, not both', 'Remove one of the two.')
    }
    if (!written.every((text) => visible.test(text))) {
      report([token ? 'token' : 'tokens'], 'a token consists of visible ASCII characters')
    }
    if (!headerName.test(header)) report(['header'], `invalid header name "${header}"`)
    if (scheme !== '' && !visible.test(scheme))
      report(['scheme'], 'the scheme is one word of visible ASCII characters')
  },
  create: (options) => new BearerTokenAuth(options),
})

class BearerTokenAuth implements Extension {
  readonly serverAuthenticator: ServerAuthenticator
  readonly clientAuthenticator: ClientAuthenticator
  readonly #options: ExtensionOptions<Config>
  readonly #written: readonly string[]
  #file: FileContent<readonly string[]> | undefined

  constructor(options: ExtensionOptions<Config>) {
    const { header, token, tokens } = options.config
    this.#options = options
    this.#written = token ? [token] : (tokens ?? [])
    this.serverAuthenticator = {
      authenticate: (headers) => this.#authenticate(headerValue(headers, header.toLowerCase())),
    }
    this.clientAuthenticator = {
      headers: async () => {
        const [first = ''] = await this.#tokens()
        return { [header]: this.#valueOf(first) }
      },
    }
  }

  async start(): Promise<void> {
    const { config, clock, telemetry } = this.#options
    const { filename } = config
    if (!filename) return
    this.#file = await FileContent.open(filename, (text) => tokensOf(text, filename), {
      clock,
      logger: telemetry.logger,
    })
  }

  shutdown(): Promise<void> {
    return Promise.resolve()
  }

  async #authenticate(value: string | undefined): Promise<AuthData> {
    if (value === undefined || value === '') {
      throw refused(`missing or empty authorization header: ${this.#options.config.header}`)
    }
    let matches = false
    for (const token of await this.#tokens()) {
      // Every token is compared, so that the time does not tell which one came close.
      matches = equalInConstantTime(value, this.#valueOf(token)) || matches
    }
    if (!matches) throw refused('scheme or token does not match')
    return {}
  }

  async #tokens(): Promise<readonly string[]> {
    return this.#file === undefined ? this.#written : this.#file.current()
  }

  #valueOf(token: string): string {
    const { scheme } = this.#options.config
    return scheme === '' ? token : `${scheme} ${token}`
  }
}

/** @throws StartError that names the file, and nothing of what it says. */
function tokensOf(text: string, path: string): readonly string[] {
  const tokens = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (tokens.length === 0) throw new StartError('TOKENS_INVALID', `the file ${path} holds no token`)
  if (!tokens.every((token) => visible.test(token))) {
    throw new StartError(
      'TOKENS_INVALID',
      `the file ${path} holds a token with a space or a special character`,
    )
  }
  return tokens
}

const refused = (message: string): PermanentError =>
  new PermanentError('UNAUTHENTICATED', message, { grpcStatus: 16 })
