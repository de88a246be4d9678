import { expect, it } from 'vitest'

import { linesOf } from './lines.ts'

async function* inChunks(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size))
}

it.for([1, 2, 3, 5, 8, 100])('finds the same lines in chunks of %i bytes', async (size) => {
  const lines: string[] = []

  for await (const line of linesOf(inChunks('\nzwölf\r\n\r\n\n{"a":1}\nlast', size)))
    lines.push(line.toString())

  expect(lines).toEqual(['zwölf', '{"a":1}', 'last'])
})

it('refuses a line that does not end', async () => {
  async function* chunks(): AsyncGenerator<Buffer> {
    yield Buffer.from('short\n')
    for (;;) yield Buffer.from('long')
  }
  const lines = linesOf(chunks(), 100)
  expect(String((await lines.next()).value)).toBe('short')
  await expect(lines.next()).rejects.toThrow('A line is longer than 100 bytes.')
})
