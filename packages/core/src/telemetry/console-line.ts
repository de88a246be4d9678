const colors: Readonly<Record<string, string>> = { debug: '35', info: '34', warn: '33', error: '31' }

/**
 * Turns a JSON line into the form for people: time, level, caller, message and one JSON object of the
 * fields, separated by tabs (LOG-01).
 */
export function formatConsoleLine(json: string, color: boolean): string {
  const line: unknown = JSON.parse(json)
  if (typeof line !== 'object' || line === null) return json
  const { level, ts, caller, msg, ...fields } = line as Readonly<Record<string, unknown>>
  const columns = [ts, paint(String(level), color)]
  if (typeof caller === 'string' && caller !== '') columns.push(caller)
  columns.push(oneLine(String(msg)))
  if (Object.keys(fields).length > 0) columns.push(JSON.stringify(fields))
  return `${columns.join('\t')}\n`
}

/** A message is a fixed sentence, but a plugin may break that rule; one record stays one line. */
function oneLine(message: string): string {
  return message.replaceAll(/\p{Cc}+/gu, ' ')
}

function paint(level: string, color: boolean): string {
  const code = colors[level]
  return color && code !== undefined ? `\u001b[${code}m${level}\u001b[0m` : level
}
