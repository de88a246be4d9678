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

/** Whether a text is a number of bytes, such as `4GiB`, `256 MB` or `1024`. */
export function isSize(text: string): boolean {
  return /^\d{1,15}(\.\d{1,6})? ?([KMGT]?i?B)?$/i.test(text)
}

/** The address that a text was probably meant to be; `standard` is the default of the setting. */
export function meantEndpoint(text: string, standard: string | undefined): string | undefined {
  // What is before an @ may be a password.
  if (text.includes('@')) return undefined
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(standard ?? '') ?? []
  const bare = text.replace(/^[a-z][a-z\d+.-]*:\/\//i, '').replace(/\/.*$/, '')
  const numbers = /^:?(\d{1,5})$/.exec(bare)
  const given = /^([\w.-]+)(?::(.*))?$/.exec(bare)
  if (numbers !== null) return fitting(`${host}:${numbers[1]}`)
  if (given === null) return undefined
  const [, name = '', written = ''] = given
  if (/^\d+$/.test(written)) {
    return fitting(`${name}:${written}`) ?? 'A port is a number up to 65535.'
  }
  return port === '' ? undefined : fitting(`${name}:${port}`)
}

function fitting(endpoint: string): string | undefined {
  return isEndpoint(endpoint) ? endpoint : undefined
}

/** The URL that a text was probably meant to be: it lacks its scheme, or that is misspelt. */
export function meantUrl(text: string): string | undefined {
  const [, scheme = '', rest = ''] = /^(?:([a-z]+):\/{0,2}(?!\d))?(.*)$/i.exec(text) ?? []
  if (/^https?$/i.test(scheme) || rest === '' || /[@?]/.test(rest)) return undefined
  const local = /^(localhost|127\.|\[::1\])/.test(rest)
  const url = `${/s$/i.test(scheme) || (!local && scheme === '') ? 'https' : 'http'}://${rest}`
  return URL.canParse(url) ? url : undefined
}

/** The number of bytes that a text was probably meant to be. */
export function meantSize(text: string): string | undefined {
  const [, number = '', word = ''] = /^\s*(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]*)\s*$/i.exec(text) ?? []
  const unit = /^(k|m|g|t)(?:(i)?b?|(?:ilo|ega|iga|era)bytes?)$/i.exec(word)
  if (number === '' || unit === null) return undefined
  return `${number}${(unit[1] ?? '').toUpperCase()}${(unit[2] ?? '').toLowerCase()}B`
}
