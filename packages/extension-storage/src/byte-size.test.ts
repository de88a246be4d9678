import { expect, it } from 'vitest'

import { byteSize } from './byte-size.ts'

it.each([
  [0, 0],
  [4096, 4096],
  ['1048576', 1_048_576],
  ['256MiB', 268_435_456],
  ['256 mib', 268_435_456],
  ['1.5GB', 1_500_000_000],
  ['8KiB', 8192],
  ['2TiB', 2_199_023_255_552],
  ['10B', 10],
])('%j is %d bytes', (text, bytes) => {
  expect(byteSize(text)).toBe(bytes)
})

it.each(['', 'MiB', '-1MiB', '1e3', '1 PiB', '0x10', '99999999TiB', '1,5GB'])('%j is no size', (text) => {
  expect(byteSize(text)).toBeUndefined()
})
