const newline = 0x0a
const carriageReturn = 0x0d

/**
 * The lines of a stream that are not empty, as bytes and without their ends.
 *
 * @throws RangeError for a line of more than `mostBytes` without an end
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  mostBytes: number = Infinity,
): AsyncGenerator<Buffer> {
  let rest: Buffer[] = []
  let held = 0
  for await (const bytes of chunks) {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const line = withoutReturn(Buffer.concat([...rest, chunk.subarray(start, end)]))
      rest = []
      held = 0
      start = end + 1
      if (line.length > 0) yield line
    }
    if (start === chunk.length) continue
    rest.push(chunk.subarray(start))
    held += chunk.length - start
    if (held > mostBytes) throw new RangeError(`A line is longer than ${mostBytes} bytes.`)
  }
  const last = withoutReturn(Buffer.concat(rest))
  if (last.length > 0) yield last
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line
}
