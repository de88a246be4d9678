/** Other values of the same form for a JSON token, the most thorough first; none for `null`. */
export function mutationsOf(token: string): readonly string[] {
  if (token === 'null') return []
  if (token === 'true') return ['false']
  if (token === 'false') return ['true']
  if (!token.startsWith('"')) return otherNumbers(token)
  const value: unknown = JSON.parse(token)
  return typeof value === 'string' ? otherTexts(value).map((text) => JSON.stringify(text)) : []
}

/** Other texts of the same form: a date stays a date, an id an id. */
export function otherTexts(text: string): readonly string[] {
  if (text === '') return ['x']
  const instant = /^(\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}\.\d{0,2})(\d)(.*)$/s.exec(text)
  if (instant !== null) {
    const [, before = '', digit = '', after = ''] = instant
    // By a millisecond or so, which puts no events in another order.
    return [`${before}${digit === '9' ? 8 : Number(digit) + 1}${after}`]
  }
  const time = /^(\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:)(\d{2})(.*)$/s.exec(text)
  if (time !== null) {
    const [, before = '', seconds = '', after = ''] = time
    const other = Number(seconds) === 59 ? 58 : Number(seconds) + 1
    return [`${before}${String(other).padStart(2, '0')}${after}`]
  }
  const date = /^(\d{4}-\d{2}-)(\d{2})$/.exec(text)
  if (date !== null) {
    const [, before = '', day = ''] = date
    return [`${before}${String(Number(day) === 1 ? 2 : Number(day) - 1).padStart(2, '0')}`]
  }
  const everyWord = text.replaceAll(/[\p{L}\p{N}]+/gu, (word) => changedAt(word, 'last'))
  const others = new Set([everyWord, changedAt(text, 'last'), changedAt(text, 'first')])
  others.delete(text)
  return [...others]
}

function otherNumbers(token: string): readonly string[] {
  if (!/^-?\d+$/.test(token)) return [String(Number(token) + 0.5)]
  const number = BigInt(token)
  return [String(number + 1n), String(number + 1_000n)]
}

/** Another letter or digit in place of the first or last one; hex stays hex. */
function changedAt(text: string, which: 'first' | 'last'): string {
  const places = [...text.matchAll(/[\p{L}\p{N}]/gu)]
  const place = which === 'last' ? places.at(-1) : places[0]
  if (place === undefined) return `${text}x`
  const { index } = place
  const [letter] = place
  const before = text[index - 1]
  const leads = before === undefined || !/\d/.test(before)
  return text.slice(0, index) + otherLetter(letter, leads) + text.slice(index + letter.length)
}

function otherLetter(letter: string, leads: boolean): string {
  if (/\d/.test(letter)) {
    const next = (Number(letter) + 1) % 10
    return String(next === 0 && leads ? 1 : next)
  }
  const code = letter.codePointAt(0) ?? 0
  // `f` and `z` go down, all others up: hex digits stay hex digits and letters letters.
  return String.fromCodePoint(/[fFzZ]/.test(letter) ? code - 1 : code + 1)
}
