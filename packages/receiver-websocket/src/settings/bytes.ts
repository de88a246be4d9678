const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
}

/** Bytes of a setting that is a number or text such as `1MiB`. */
export function bytesOf(value: number | string): number {
  if (typeof value === 'number') return value
  const [, digits = '0', unit = ''] = /^(\d+) ?(\w*)$/.exec(value) ?? []
  return Number(digits) * (units[unit] ?? 1)
}
