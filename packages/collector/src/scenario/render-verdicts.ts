import { styleText } from 'node:util'

import { plain } from '../verbs/queue-table.ts'
import type { Failure, Verdict } from './verdict.ts'

/** The verdicts as text, for people. */
export function renderVerdicts(verdicts: readonly Verdict[], color: boolean): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    color ? styleText(style, text, { validateStream: false }) : text
  const lines = verdicts.flatMap(({ name, failures }) => [
    failures.length === 0 ? `${paint('green', '✓')} ${plain(name)}` : `${paint('red', '✗')} ${plain(name)}`,
    ...failures.flatMap(({ message, mismatches }) => [
      `    ${plain(message)}`,
      ...mismatches.flatMap(({ field, expected, actual }) => [
        `      ${plain(field)}`,
        ...(expected === undefined ? [] : [paint('green', `        + expected ${plain(expected)}`)]),
        ...(actual === undefined ? [] : [paint('red', `        - received ${plain(actual)}`)]),
        ...(expected === undefined ? [paint('green', '        + expected nothing')] : []),
        ...(actual === undefined ? [paint('red', '        - received nothing')] : []),
      ]),
    ]),
  ])
  const failed = verdicts.filter(({ failures }) => failures.length > 0).length
  const passed = verdicts.length - failed
  const summary = failed === 0 ? `${passed} passed` : `${failed} failed, ${passed} passed`
  return `${[...lines, '', paint(failed === 0 ? 'green' : 'red', summary)].join('\n')}\n`
}

/** The verdicts as JUnit XML, which build servers show. */
export function renderJunit(verdicts: readonly Verdict[]): string {
  const failed = verdicts.filter(({ failures }) => failures.length > 0).length
  const cases = verdicts.map(({ name, failures }) => {
    const head = `  <testcase classname="spanloom" name="${escaped(name)}"`
    if (failures.length === 0) return `${head}/>`
    const texts = failures.map(
      (failure) => `    <failure message="${escaped(failure.message)}">${escaped(detail(failure))}</failure>`,
    )
    return `${head}>\n${texts.join('\n')}\n  </testcase>`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="spanloom" tests="${verdicts.length}" failures="${failed}">\n${cases.join('\n')}\n</testsuite>\n`
}

function detail({ mismatches }: Failure): string {
  return mismatches
    .map(
      ({ field, expected = 'nothing', actual = 'nothing' }) =>
        `${field}: expected ${expected}, received ${actual}`,
    )
    .join('\n')
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** XML has no way at all to write most control characters. */
function escaped(text: string): string {
  return text
    .replaceAll(/[^\P{Cc}\n\t]/gu, ' ')
    .toWellFormed()
    .replaceAll(/[&<>"]/g, (character) => escapes[character] ?? '')
}
