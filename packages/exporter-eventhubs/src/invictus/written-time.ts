const nanosPerSecond = 1_000_000_000n

/**
 * A time as Invictus has it, in UTC with seven digits of a second, such as `2019-07-23 08:55:04.0500000 +00:00`
 * (`invictus.md` section 3.2). Nanoseconds below 100 are cut off.
 */
export function writtenTime(unixNano: bigint): string {
  const date = new Date(Number(unixNano / nanosPerSecond) * 1_000).toISOString()
  const ticks = String((unixNano % nanosPerSecond) / 100n).padStart(7, '0')
  return `${date.slice(0, 10)} ${date.slice(11, 19)}.${ticks} +00:00`
}

/** The time as a number of 100 ns, which is what a written time can tell apart. */
export function ticksOf(unixNano: bigint): bigint {
  return unixNano / 100n
}
