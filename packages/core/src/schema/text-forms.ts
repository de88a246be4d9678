/**
 * Whether a text is an address: `host:port`, `[::1]:port`, `:port` for all interfaces, or a URL such as
 * `unix:///run/app.sock` or `https://host:4317` for settings that allow one (section 1.7).
 */
export function isEndpoint(text: string): boolean {
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/\S+$/.test(text)) return true
  const parts = /^(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([^\s:/[\]]*)):(\d{1,5})$/.exec(text)
  return parts !== null && Number(parts[3]) <= 65_535
}

/** Whether a text is an absolute URL. */
export function isUrl(text: string): boolean {
  return text.includes('://') && URL.canParse(text)
}
