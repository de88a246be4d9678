/** A URL whose path holds `{operation}` once at most, as one segment. */
export interface UrlTemplate {
  readonly text: string
  /** The URL with the place left open; only its origin is used. */
  readonly origin: string
  /** Path with the place left open, such as `/callback/{operation}`. */
  readonly path: string
  /** The URL for an operation; the value is encoded as one segment of the path. */
  expand(operation: string): URL
  /** The operation that a path names; `undefined` when the path is another one or no operation has a place in it. */
  match(path: string): string | undefined
  /** Whether a path is one of this template. */
  covers(path: string): boolean
}

const place = '{operation}'

/** What is wrong with a URL template; `undefined` if nothing. */
export function templateFault(text: string): string | undefined {
  const url = URL.parse(text.replaceAll(place, 'x'))
  if (url === null || !/^https?:$/.test(url.protocol)) return `"${text}" is no http or https URL`
  const { pathname } = new URL(text.replaceAll(place, marker))
  const count = text.split(place).length - 1
  if (count > 1) return `${place} may stand in the URL once`
  if (count === 1 && !pathname.split('/').includes(marker))
    return `${place} must be a whole segment of the path`
  return undefined
}

const marker = 'spanloom-operation-place'

/** Reads a template that {@link templateFault} has nothing to say about. */
export function parseTemplate(text: string): UrlTemplate {
  const url = new URL(text.replaceAll(place, marker))
  const [before = '', after] = url.pathname.split(marker)
  const covers = (path: string): boolean =>
    after === undefined ? path === before : operationIn(path) !== undefined
  const operationIn = (path: string): string | undefined => {
    if (after === undefined || !path.startsWith(before) || !path.endsWith(after)) return undefined
    const segment = path.slice(before.length, path.length - after.length)
    return segment === '' || segment.includes('/') ? undefined : segment
  }
  return {
    text,
    origin: url.origin,
    path: url.pathname.replace(marker, place),
    expand: (operation) => {
      const expanded = new URL(url)
      expanded.pathname = url.pathname.replace(marker, () => encodeSegment(operation))
      return expanded
    },
    match: (path) => {
      const segment = operationIn(path)
      return segment === undefined ? undefined : decodeSegment(segment)
    },
    covers,
  }
}

/** One segment of a path: no separators, no steps upwards. */
function encodeSegment(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}
