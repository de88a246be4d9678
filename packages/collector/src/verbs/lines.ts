const newline = 0x0a
const carriageReturn = 0x0d

/** The lines of a stream that are not empty, as bytes and without their ends. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = []
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const line = withoutReturn(Buffer.concat([...rest, chunk.subarray(start, end)]))
      rest = []
      start = end + 1
      if (line.length > 0) yield line
    }
    if (start < chunk.length) rest.push(chunk.subarray(start))
  }
  const last = withoutReturn(Buffer.concat(rest))
  if (last.length > 0) yield last
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line
}
