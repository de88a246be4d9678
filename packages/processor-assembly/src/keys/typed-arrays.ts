/** A copy of a typed array that has room for `index`. */
export function grown<T extends Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array>(
  array: T,
  index: number,
): T {
  const length = Math.max(index + 1, array.length * 2)
  // Every typed array can be made of a length; the type of its constructor does not say so.
  const larger = new (array.constructor as new (length: number) => T)(length)
  larger.set(array)
  return larger
}
