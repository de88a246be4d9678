/**
 * Whether a text is an address: `host:port`, `[::1]:port`, `:port` for all interfaces. A text with a slash is
 * a path or a URL, which only the component can judge: whether it may be one depends on other settings.
 */
export function isEndpoint(text: string): boolean {
  if (/^unix:|\//.test(text)) return !/[\s\p{Cc}]/u.test(text)
  const parts = /^(?:\[[0-9a-fA-F:.]+(?:%[\w.-]+)?\]|[^\s:/[\]]*):(\d{1,5})$/.exec(text)
  return parts !== null && Number(parts[1]) <= 65_535
}

/** Whether a text is an absolute URL. */
export function isUrl(text: string): boolean {
  return text.includes('://') && URL.canParse(text)
}
