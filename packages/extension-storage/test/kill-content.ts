/** Whose file the killed process writes. */
export const killOwner = { kind: 'exporter', id: 'otlp/kill' } as const

/** Bytes that tell their number: 200 bytes to 100 KB, now and then a megabyte. */
export function contentOf(number: number): Uint8Array {
  const length = number % 41 === 0 ? 1 << 20 : 200 + ((number * 7_919) % 100_000)
  return new Uint8Array(Buffer.alloc(length, `${number}:`))
}
