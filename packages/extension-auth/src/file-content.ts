import { readFile } from 'node:fs/promises'

import { type Clock, type Logger, messageOf, StartError } from '@spanloom/core'

/** How long a file's content is used before the file is looked at again. */
const freshMs = 1000

/** No file of users or tokens is larger. */
const maxBytes = 4 * 1024 * 1024

/**
 * What was made of a file, made again when the file has changed. The file is looked at when the content
 * is asked for, at most once a second; one that cannot be used is logged, and the last good content stays.
 */
export class FileContent<T> {
  readonly #path: string
  readonly #parse: (text: string) => T
  readonly #clock: Clock
  readonly #logger: Logger
  #text = ''
  #content: T
  #lookedAt: number
  #looking: Promise<void> | undefined
  #failing = false

  private constructor(path: string, parse: (text: string) => T, text: string, tools: FileContentTools) {
    this.#path = path
    this.#parse = parse
    this.#text = text
    this.#content = parse(text)
    this.#clock = tools.clock
    this.#logger = tools.logger
    this.#lookedAt = tools.clock.monotonic()
  }

  /** @throws StartError when the file cannot be read, and what `parse` throws. */
  static async open<T>(
    path: string,
    parse: (text: string) => T,
    tools: FileContentTools,
  ): Promise<FileContent<T>> {
    try {
      return new FileContent(path, parse, await textOf(path), tools)
    } catch (error) {
      if (error instanceof StartError) throw error
      throw new StartError('FILE_UNREADABLE', `unable to read the file ${path}: ${messageOf(error)}`, {
        cause: error,
      })
    }
  }

  async current(): Promise<T> {
    if (this.#clock.monotonic() - this.#lookedAt >= freshMs) {
      this.#looking ??= this.#look()
      await this.#looking
    }
    return this.#content
  }

  async #look(): Promise<void> {
    try {
      const text = await textOf(this.#path)
      if (text !== this.#text) {
        this.#content = this.#parse(text)
        this.#text = text
        this.#logger.info('The file was read again.', { path: this.#path })
      }
      this.#failing = false
    } catch (error) {
      if (!this.#failing) {
        this.#logger.warn('The file cannot be used; what it said before stays.', {
          path: this.#path,
          error: messageOf(error),
        })
      }
      this.#failing = true
    } finally {
      this.#lookedAt = this.#clock.monotonic()
      this.#looking = undefined
    }
  }
}

/** What a {@link FileContent} works with. */
export interface FileContentTools {
  readonly clock: Clock
  readonly logger: Logger
}

async function textOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8')
  if (text.length > maxBytes) throw new Error('the file is too large')
  return text
}
