import * as fc from 'fast-check'

/** One way to damage data: at `at` (from 0 to 1) of its length. */
interface Damage {
  readonly kind: 'set' | 'flip' | 'cut' | 'insert' | 'remove' | 'repeat'
  readonly at: number
  readonly value: number
}

/** A few random damages in a row. */
export function damages(): fc.Arbitrary<readonly Damage[]> {
  return fc.array(
    fc.record({
      kind: fc.constantFrom('set', 'flip', 'cut', 'insert', 'remove', 'repeat'),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      value: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 0x7f, 0x80, 0xff)),
    }),
    { minLength: 1, maxLength: 4 },
  )
}

/** A damaged copy. */
export function damaged(bytes: Uint8Array, all: readonly Damage[]): Buffer {
  return all.reduce<Buffer>(damageOnce, Buffer.from(bytes))
}

function damageOnce(bytes: Buffer, { kind, at, value }: Damage): Buffer {
  const position = Math.floor(at * bytes.length)
  const before = bytes.subarray(0, position)
  switch (kind) {
    case 'cut':
      return before
    case 'insert':
      return Buffer.concat([before, Buffer.alloc(1 + (value % 11), value), bytes.subarray(position)])
    case 'remove':
      return Buffer.concat([before, bytes.subarray(position + 1 + (value % 4))])
    case 'repeat':
      return Buffer.concat([before, bytes.subarray(position, position + value), bytes.subarray(position)])
    case 'flip':
    case 'set': {
      const copy = Buffer.from(bytes)
      if (position < copy.length)
        copy[position] = kind === 'set' ? value : (copy[position] ?? 0) ^ (1 << (value % 8))
      return copy
    }
  }
}
