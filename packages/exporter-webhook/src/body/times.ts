/** RFC 3339 in UTC with as many digits of the second as are needed; nothing for a time that is not known. */
export function timeText(unixNano: bigint): string | undefined {
  if (unixNano === 0n) return undefined
  return `${secondsText(unixNano)}${fractionText(unixNano, 9).replace(/0+$/, '').replace(/^\.$/, '')}Z`
}

/** As Orchest writes times: a blank, microseconds unless they are 0, an offset. */
export function orchestTimeText(unixNano: bigint): string {
  const micros = fractionText(unixNano, 6)
  return `${secondsText(unixNano).replace('T', ' ')}${micros === '.000000' ? '' : micros}+00:00`
}

const secondsText = (unixNano: bigint): string =>
  new Date(Number(unixNano / 1_000_000_000n) * 1000).toISOString().slice(0, 19)

const fractionText = (unixNano: bigint, digits: number): string =>
  `.${String(unixNano % 1_000_000_000n)
    .padStart(9, '0')
    .slice(0, digits)}`
