import { messageOf } from '../errors/errors.ts'
import { closest } from '../schema/closest.ts'
import { redactUrl } from '../schema/redact-url.ts'
import { type Fault, FaultError } from './faults.ts'
import type { LoadOptions } from './load-options.ts'
import { SourceText } from './source-text.ts'

/** The kinds of source (CFG-41). */
export const schemes = ['env', 'file', 'http', 'https', 'yaml'] as const

export type Scheme = (typeof schemes)[number]

/** A source as the user named it, in parts. */
export interface Location {
  readonly scheme: Scheme
  /** What follows the scheme; for http(s) the whole URL. */
  readonly rest: string
}

const longestSource = 1_048_576

/** Splits the text of a `--config` or of a reference at its scheme; without one it names a file. */
export function parseLocation(text: string): Location {
  if (/^[A-Za-z]:/.test(text)) return { scheme: 'file', rest: text }
  const name = /^([A-Za-z][A-Za-z0-9+.-]+):/.exec(text)?.[1]
  if (name === undefined) return { scheme: 'file', rest: text }
  const scheme = schemes.find((known) => known === name)
  if (scheme === undefined) {
    const message = `unsupported scheme on URI "${redactUrl(text.slice(0, 200))}"`
    const meant = closest(name, schemes)
    const suggestion = meant === undefined ? `Known are ${schemes.join(', ')}.` : `${meant}:`
    throw new FaultError({ code: 'unsupported_scheme', path: [], message, suggestion })
  }
  return { scheme, rest: scheme === 'http' || scheme === 'https' ? text : text.slice(name.length + 1) }
}

/** Fetches the texts of sources, each at most once for one run. */
export class SourceReader {
  readonly #options: Pick<LoadOptions, 'env' | 'readFile' | 'fetch'>
  readonly #known = new Map<string, Promise<SourceText>>()
  readonly #files = new Set<string>()

  constructor(options: Pick<LoadOptions, 'env' | 'readFile' | 'fetch'>) {
    this.#options = options
  }

  /** Files that were read or tried. */
  get files(): readonly string[] {
    return [...this.#files]
  }

  /** Value of a variable; `undefined` when it is not set. */
  variable(name: string): string | undefined {
    return Object.hasOwn(this.#options.env, name) ? this.#options.env[name] : undefined
  }

  /** The text of a source. @throws FaultError when it cannot be had. */
  read({ scheme, rest }: Location): Promise<SourceText> {
    const key = `${scheme}:${rest}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const reading = this.#read(scheme, rest)
    this.#known.set(key, reading)
    return reading
  }

  async #read(scheme: Scheme, rest: string): Promise<SourceText> {
    switch (scheme) {
      case 'file':
        return new SourceText(rest, await this.#file(rest))
      case 'env':
        return new SourceText(`env:${rest}`, this.variable(rest) ?? '')
      case 'yaml':
        return new SourceText('yaml:', rest)
      case 'http':
      case 'https':
    }
    return new SourceText(redactUrl(rest), await this.#url(rest))
  }

  async #file(path: string): Promise<string> {
    this.#files.add(path)
    const bytes = await this.#options.readFile(path).catch((error: unknown) => {
      const hint = path.startsWith('/') ? {} : { suggestion: relativeHint }
      throw unreadable(`unable to read the file file:${path}: ${readingError(error)}`, hint)
    })
    if (bytes.byteLength > longestSource) {
      throw unreadable(`unable to read the file file:${path}: larger than ${longestSource} bytes`)
    }
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    } catch {
      throw unreadable(`unable to read the file file:${path}: not valid UTF-8`)
    }
  }

  async #url(url: string): Promise<string> {
    try {
      const text = await this.#options.fetch(url)
      if (text.length <= longestSource) return text
    } catch (error) {
      throw unreadable(`unable to fetch ${redactUrl(url)}: ${redactUrl(messageOf(error))}`)
    }
    throw unreadable(`unable to fetch ${redactUrl(url)}: larger than ${longestSource} characters`)
  }
}

function unreadable(message: string, more: Pick<Fault, 'suggestion'> = {}): FaultError {
  return new FaultError({ code: 'unreadable_source', path: [], message, ...more })
}

/** Most files that are not found are looked for in the wrong folder. */
export const relativeHint = 'A relative path begins at the folder that the program is started in.'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
}

/** Why a file could not be read, without its path. */
export function readingError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return reasons[code] ?? messageOf(error)
}
