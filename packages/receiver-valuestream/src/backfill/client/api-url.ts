import { SpanloomError } from '@spanloom/core'

/** Query parameters that may hold a credential; they are taken out of everything that is kept or shown. */
const secretParameters: ReadonlySet<string> = new Set([
  'access_token',
  'private_token',
  'job_token',
  'token',
  'client_secret',
])

/**
 * The address of an API, without a slash at its end.
 *
 * @throws SpanloomError `API_URL_INVALID` for anything but https, or http to this machine, and for an address with
 * credentials in it
 */
export function parseApiUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new SpanloomError('API_URL_INVALID', 'The address of the API is no http or https URL.', {
      hint: 'Write it like https://gitlab.example.com/api/v4 .',
    })
  if (url.username !== '' || url.password !== '')
    throw new SpanloomError('API_URL_INVALID', 'The address of the API holds credentials.', {
      hint: 'Put the token into the environment variable; it would be shown otherwise.',
    })
  if (url.protocol === 'http:' && !isThisMachine(url.hostname))
    throw new SpanloomError('API_URL_INVALID', `The token would go to ${url.host} unencrypted.`, {
      hint: 'Use https.',
    })
  url.pathname = url.pathname.replace(/\/+$/, '')
  url.search = ''
  url.hash = ''
  return url
}

/**
 * The address of a path of the API, or of a link that the API gave.
 *
 * @throws SpanloomError `FOREIGN_ADDRESS` when it leads anywhere else: the token must not go there
 */
export function resolveApiUrl(base: URL, target: string): URL {
  const prefix = base.pathname === '/' ? '' : base.pathname
  const relative = target.startsWith('/') && !target.startsWith('//')
  const url = relative
    ? new URL(target.startsWith(`${prefix}/`) ? target : `${prefix}${target}`, base.origin)
    : new URL(target, base)
  if (url.origin === base.origin && `${url.pathname}/`.startsWith(`${prefix}/`) && url.username === '')
    return url
  throw new SpanloomError(
    'FOREIGN_ADDRESS',
    `The API at ${base.host} points to another place: ${url.host}.`,
    {
      hint: 'Name the address that it has moved to with --api-url, if you trust it.',
    },
  )
}

/** Path and query of an address, without credentials: what may stand in a resume token. */
export function relativeOf(url: URL): string {
  const clean = new URL(url)
  const names = Array.from(clean.searchParams.keys())
  for (const name of names) if (secretParameters.has(name.toLowerCase())) clean.searchParams.delete(name)
  return clean.pathname + clean.search
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}
