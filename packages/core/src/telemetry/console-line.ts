const colors: Readonly<Record<string, string>> = { debug: '35', info: '34', warn: '33', error: '31' }

/** The field whose text is meant for people and has lines of its own, such as excerpts of a configuration. */
export const excerptField = 'excerpt'

/**
 * Turns a JSON line into the form for people: time, level, caller, message and one JSON object of the
 * fields, separated by tabs (LOG-01). What {@link excerptField} holds follows below, indented.
 */
export function formatConsoleLine(json: string, color: boolean): string {
  const line: unknown = JSON.parse(json)
  if (typeof line !== 'object' || line === null) return json
  const {
    level,
    ts,
    caller,
    msg,
    [excerptField]: excerpt,
    ...fields
  } = line as Readonly<Record<string, unknown>>
  const columns = [ts, paint(String(level), color)]
  if (typeof caller === 'string' && caller !== '') columns.push(caller)
  columns.push(oneLine(String(msg)))
  if (Object.keys(fields).length > 0) columns.push(JSON.stringify(fields))
  const below = typeof excerpt === 'string' ? `${indented(excerpt)}\n` : ''
  return `${columns.join('\t')}\n${below}`
}

/** No line of an excerpt can pass for a record, because all of them begin with a space. */
function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${oneLine(line)}`)
    .join('\n')
}

/** A message is a fixed sentence, but a plugin may break that rule; one record stays one line. */
function oneLine(message: string): string {
  return message.replaceAll(/\p{Cc}+/gu, ' ')
}

function paint(level: string, color: boolean): string {
  const code = colors[level]
  return color && code !== undefined ? `\u001b[${code}m${level}\u001b[0m` : level
}
