/** Where a partition is read from when nothing is remembered of it. */
export type InitialPosition =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'time'; readonly time: number }

/** Reads the setting `initial_position`; text that means nothing comes back as it is. */
export function initialPosition(text: string): InitialPosition | string {
  if (text === 'earliest' || text === 'latest') return { kind: text }
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[-+]\d{2}:\d{2}))?$/.test(text)) return text
  const time = Date.parse(text)
  return Number.isNaN(time) ? text : { kind: 'time', time }
}
