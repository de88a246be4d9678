import type { IncomingHttpHeaders, ServerResponse } from 'node:http'

/** Parsed `cors` settings. */
export interface CorsConfig {
  readonly allowed_origins?: readonly string[] | undefined
  readonly allowed_headers?: readonly string[] | undefined
  readonly exposed_headers?: readonly string[] | undefined
  readonly max_age: number
}

/** Answers browsers that ask whether they may send from another origin. */
export interface Cors {
  /** Sets the headers of an answer. Returns true when the request was a preflight, which is answered by that alone. */
  apply(
    request: { readonly method: string; readonly headers: IncomingHttpHeaders },
    response: ServerResponse,
  ): boolean
}

/** Headers that are allowed when the settings name none. */
const defaultAllowed = ['accept', 'accept-language', 'content-language', 'content-type', 'x-requested-with']
const allowedMethods = new Set(['GET', 'HEAD', 'POST'])

/** `undefined` while no origin is allowed, which switches CORS off (section 10.1). */
export function createCors(config: CorsConfig | undefined): Cors | undefined {
  const origins = config?.allowed_origins ?? []
  if (config === undefined || origins.length === 0) return undefined

  const anyOrigin = origins.includes('*')
  const patterns = origins.map(originPattern)
  const headers = config.allowed_headers?.length ? config.allowed_headers : defaultAllowed
  const anyHeader = headers.includes('*')
  const allowed = new Set([...headers.map((name) => name.toLowerCase()), 'origin'])
  const exposed = config.exposed_headers?.join(', ')
  const originAllowed = (origin: string): boolean =>
    anyOrigin || patterns.some((pattern) => pattern.test(origin))

  return {
    apply({ method, headers: sent }, response) {
      const { origin } = sent
      const asked = sent['access-control-request-method']
      if (method === 'OPTIONS' && asked !== undefined) {
        response.appendHeader('Vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers')
        const names = requestedHeaders(sent['access-control-request-headers'])
        if (
          origin !== undefined &&
          originAllowed(origin) &&
          allowedMethods.has(asked.toUpperCase()) &&
          (anyHeader || names.every((name) => allowed.has(name)))
        ) {
          response.setHeader('Access-Control-Allow-Origin', anyOrigin ? '*' : origin)
          response.setHeader('Access-Control-Allow-Methods', asked.toUpperCase())
          if (names.length > 0) response.setHeader('Access-Control-Allow-Headers', names.join(', '))
          response.setHeader('Access-Control-Allow-Credentials', 'true')
          if (config.max_age !== 0)
            response.setHeader('Access-Control-Max-Age', String(Math.max(0, config.max_age)))
        }
        return true
      }
      response.appendHeader('Vary', 'Origin')
      if (origin !== undefined && originAllowed(origin)) {
        response.setHeader('Access-Control-Allow-Origin', anyOrigin ? '*' : origin)
        if (exposed !== undefined && exposed !== '')
          response.setHeader('Access-Control-Expose-Headers', exposed)
        response.setHeader('Access-Control-Allow-Credentials', 'true')
      }
      return false
    },
  }
}

const originPattern = (origin: string): RegExp =>
  new RegExp(`^${origin.split('*').map(escaped).join('.*')}$`, 'i')

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')

function requestedHeaders(list: string | readonly string[] | undefined): readonly string[] {
  return String(list ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name))
}
