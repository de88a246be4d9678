/**
 * What a plain scalar means (section 1.6): YAML 1.2 with the leftovers of 1.1 that published configs use.
 * Underscores in numbers and leading-zero octals count; `yes`, `on` and dates are text.
 */
export function plainScalar(text: string): string | number | boolean | null {
  const word = words.get(text)
  if (word !== undefined) return word
  if (!/^[-+.\d]/.test(text)) return text
  return integer(text.replaceAll('_', '')) ?? float(text.replaceAll('_', '')) ?? text
}

const words: ReadonlyMap<string, number | boolean | null> = new Map<string, number | boolean | null>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, Number.NaN] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word) => [word, Infinity] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, -Infinity] as const),
])

function integer(text: string): number | undefined {
  const parts =
    /^([-+]?)(?:0[xX](?<x>[0-9a-fA-F]+)|0[bB](?<b>[01]+)|0[oO]?(?<o>[0-7]+)|(?<d>0|[1-9]\d*))$/.exec(text)
  const { x, b, o, d } = parts?.groups ?? {}
  if (parts === null) return undefined
  const size =
    d === undefined
      ? Number.parseInt(x ?? b ?? o ?? '', x === undefined ? (b === undefined ? 8 : 2) : 16)
      : Number(d)
  return parts[1] === '-' && size !== 0 ? -size : size
}

function float(text: string): number | undefined {
  return /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/.test(text) ? Number(text) : undefined
}
