import { GroupedWrite } from './grouped-write.ts'

/** A file that whole messages are written to, one call at a time. */
export interface MessageFile {
  append(messages: Uint8Array): Promise<void>
  /** Makes sure that what was appended survives a crash of the machine. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** One open file and what is to be written to it. */
interface OpenFile {
  readonly file: Promise<MessageFile>
  readonly writes: GroupedWrite
}

/** Open files by path, at most a number of them: the one that was used longest ago is closed for a new one. */
export class OpenFiles {
  readonly #open: (path: string) => Promise<MessageFile>
  readonly #max: number
  // A Map keeps the order of insertion: the first one was used longest ago.
  readonly #files = new Map<string, OpenFile>()
  // Opening a file mends its end, so that must not happen while somebody still writes there.
  readonly #closing = new Map<string, Promise<void>>()

  constructor(max: number, open: (path: string) => Promise<MessageFile>) {
    this.#max = max
    this.#open = open
  }

  /** Adds a message to the file at `path`, which is opened if it has to be. */
  append(path: string, message: Uint8Array): Promise<void> {
    return this.#use(path).writes.add(message)
  }

  /** Opens the file now, so that a fault shows before the first message. */
  async open(path: string): Promise<void> {
    await this.#use(path).file
  }

  async sync(): Promise<void> {
    await Promise.all([...this.#files.values()].map(async ({ file }) => (await file).sync()))
  }

  async close(): Promise<void> {
    for (const [path, opened] of this.#files) this.#close(path, opened)
    await Promise.all(this.#closing.values())
  }

  #use(path: string): OpenFile {
    const known = this.#files.get(path)
    if (known !== undefined) {
      this.#files.delete(path)
      this.#files.set(path, known)
      return known
    }
    for (const [oldPath, old] of this.#files) {
      if (this.#files.size < this.#max) break
      this.#close(oldPath, old)
    }
    const file = (this.#closing.get(path) ?? Promise.resolve()).then(() => this.#open(path))
    const opened = { file, writes: new GroupedWrite(async (messages) => (await file).append(messages)) }
    this.#files.set(path, opened)
    // A file that would not open is opened anew for the next message.
    file.catch(() => {
      if (this.#files.get(path) === opened) this.#files.delete(path)
    })
    return opened
  }

  #close(path: string, { file, writes }: OpenFile): void {
    this.#files.delete(path)
    const closed = writes
      .idle()
      .then(() => file)
      .then((open) => open.close())
      // Everything that was taken is in the file already; all that failed here is making room.
      .catch(() => undefined)
      .finally(() => this.#closing.delete(path))
    this.#closing.set(path, closed)
  }
}
