/**
 * Compiles a regular expression written for the reference collector (RE2): named groups may be written
 * `(?P<name>…)`, and leading flags such as `(?i)` are taken. It need not match the whole text.
 *
 * @throws SyntaxError when the expression is not valid.
 */
export function compilePattern(text: string): RegExp {
  const flags = /^\(\?([imsU]+)\)/.exec(text)
  const source = text.slice(flags?.[0].length ?? 0).replaceAll('(?P<', '(?<')
  return new RegExp(source, [...new Set(flags?.[1]?.replaceAll('U', '') ?? '')].join(''))
}
