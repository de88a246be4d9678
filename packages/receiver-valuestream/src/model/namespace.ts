import type { IdScope } from './options.ts'

/** How the ids of one repository's operations are spelled (`valuestream.md` chapter 15, 2). */
export class Namespace {
  /** The spelling of the settings. */
  readonly name: string
  /** All spellings, longest first. */
  readonly spellings: readonly string[]
  readonly #short: string
  readonly #source: string

  /** `full` is host, owner and name, as far as the payload tells them. */
  constructor(source: string, scope: IdScope, short: string, full: string | undefined) {
    this.#source = source
    this.#short = short
    this.name = scope === 'full' && full !== undefined ? full : short
    this.spellings = full === undefined || full === short ? [short] : [full, short]
  }

  /** Span id of an operation of this repository. */
  idOf(type: string, identifier: string): string {
    return `vstrace-${this.#source}-${type}-${this.name}-${identifier}`
  }

  /** The spellings of the same that are not `idOf`, under which others may refer to it. */
  aliasesOf(type: string, identifier: string): readonly string[] {
    return this.name === this.#short ? [] : [this.shortIdOf(type, identifier)]
  }

  /** The span id in the form of ValueStream's own tags, whatever the settings. */
  shortIdOf(type: string, identifier: string): string {
    return `vstrace-${this.#source}-${type}-${this.#short}-${identifier}`
  }

  /** Form of ids before November 2019. */
  oldForm(identifier: string): string {
    return `vstrace-${this.#source}-${this.#short}-${identifier}`
  }
}

/** Host of a web address, port included, in lower case. */
export function hostOf(url: string | undefined): string | undefined {
  const host = url === undefined ? undefined : URL.parse(url)?.host
  return host === '' ? undefined : host
}

/** The path of a web address without the slashes around it. */
export function pathOf(url: string | undefined): string | undefined {
  const pathname = url === undefined ? undefined : URL.parse(url)?.pathname
  if (pathname === undefined) return undefined
  let start = 0
  let end = pathname.length
  // By hand: a pattern for slashes at the end takes quadratic time where many stand elsewhere.
  while (pathname[start] === '/') start += 1
  while (end > start && pathname[end - 1] === '/') end -= 1
  return start === end ? undefined : pathname.slice(start, end)
}
