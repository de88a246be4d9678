import { type FileHandle, open } from 'node:fs/promises'
import { type Duplex, pipeline } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'

import { messageOf, SpanloomError } from '@spanloom/core'

import { type Layout, layoutOf, MessageSplitter } from './message-splitter.ts'

/** One message of a recording: a line, or a frame with its length before it. */
export interface RecordedMessage {
  /** Counted from 1; of lines, the number of the line. */
  readonly number: number
  readonly layout: Layout
  /**
   * The message, to be used before the next one is asked for; or why there is none: it is larger than allowed, or the
   * file ends in the middle of it.
   */
  readonly content: Uint8Array | 'too_large' | 'torn'
  /** Whether it is a last line that has no end, as a writer leaves it that was killed. */
  readonly unended: boolean
  /** Bytes of the file that were read so far. */
  readonly bytesRead: number
}

/** How a recording is read. */
export interface ReadRecordingOptions {
  /** Bytes of one message. */
  readonly maxMessageSize: number
}

const blockSize = 1_048_576
const magicSize = 4
const gzipMagic = Buffer.from([0x1f, 0x8b])
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])

/**
 * Reads a file as the `file` exporter writes it, from its beginning to its end, never more of it than one message at a
 * time. It may be compressed as a whole with gzip or zstd.
 *
 * @throws SpanloomError `FILE_UNREADABLE`, `FILE_DAMAGED` when the compression is broken, `FILE_FOREIGN`
 */
export async function* readRecording(
  path: string,
  { maxMessageSize }: ReadRecordingOptions,
): AsyncGenerator<RecordedMessage, void, undefined> {
  await using file = await attempt(path, () => open(path, 'r'))
  const decompressor = await attempt(path, () => decompressorFor(file))
  const source = file.createReadStream({ start: 0, highWaterMark: blockSize, autoClose: false })
  const bytes = decompressor === undefined ? source : pipeline(source, decompressor, () => undefined)
  let splitter: MessageSplitter | undefined
  let layout: Layout = 'lines'
  let number = 0
  const message = (content: RecordedMessage['content'], unended = false): RecordedMessage => ({
    number: ++number,
    layout,
    content,
    unended,
    bytesRead: source.bytesRead,
  })
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      if (splitter === undefined) {
        const found = layoutOf(chunk[0] ?? 0)
        if (found === undefined) {
          throw new SpanloomError(
            'FILE_FOREIGN',
            `${path} holds neither lines of JSON nor messages with their lengths`,
          )
        }
        layout = found
        splitter = new MessageSplitter(layout, maxMessageSize)
      }
      for (const content of splitter.push(chunk)) yield message(content)
    }
  } catch (error) {
    if (error instanceof SpanloomError) throw error
    const code = decompressor === undefined ? 'FILE_UNREADABLE' : 'FILE_DAMAGED'
    throw new SpanloomError(code, `${path} cannot be read beyond message ${number}: ${messageOf(error)}`, {
      cause: error,
    })
  } finally {
    source.destroy()
  }
  const line = splitter?.takeLine()
  if (line !== undefined) yield message(line, true)
  else if (splitter !== undefined && splitter.pending > 0) yield message('torn', true)
}

async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new SpanloomError('FILE_UNREADABLE', `${path} cannot be read: ${messageOf(cause)}`, { cause })
  }
}

async function decompressorFor(file: FileHandle): Promise<Duplex | undefined> {
  const magic = Buffer.alloc(magicSize)
  await file.read(magic, 0, magicSize, 0)
  if (magic.subarray(0, gzipMagic.length).equals(gzipMagic)) return createGunzip({ chunkSize: blockSize })
  return magic.equals(zstdMagic) ? createZstdDecompress({ chunkSize: blockSize }) : undefined
}
