import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, it } from 'vitest'

const repository = fileURLToPath(new URL('../../../', import.meta.url))

/** The sources of all packages, without tests, what is there for tests, templates, and comments. */
const sources = readdirSync(join(repository, 'packages'))
  .flatMap((name) => filesIn(join(repository, 'packages', name, 'src')))
  .filter(
    (file) =>
      file.endsWith('.ts') && !file.endsWith('.test.ts') && !/[\\/](?:testing|templates)[\\/]/.test(file),
  )
  .map((file) => ({ file, text: readFileSync(file, 'utf8').replaceAll(/^\s*(?:\*|\/\/|\/\*).*$/gm, '') }))

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
}

const found = (pattern: RegExp, within = /./): ReadonlySet<string> =>
  new Set(
    sources
      .filter(({ file }) => within.test(file))
      .flatMap(({ text }) => [...text.matchAll(pattern)].map((match) => match[1] ?? '')),
  )

const page = readFileSync(join(repository, 'docs/reference/errors.md'), 'utf8')
/** Codes in the first column of the tables. */
const documented = [...page.matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell = '']) =>
  [...cell.matchAll(/`(\w+)`/g)].map(([, code = '']) => code),
)

/** In the text of the page, and what is no code of ours: statuses of spans, codes of the operating system. */
const elsewhere = new Set(['CONFIG_INVALID', 'OK', 'UNSET', 'ERROR', 'ENOENT'])

it('every code of an error is on the page of codes', () => {
  const thrown = found(/(?:new \w*(?:Error|Fault)|super)\(\s*(?:[\w.]+,\s*)?'([A-Z][A-Z0-9_]+)'/g)
  const told = found(/\bcode: '([A-Z][A-Z0-9_]+)'/g)
  const kinds = found(/\bcode: '([a-z][a-z0-9_]+)'/g, /packages[\\/]core[\\/]src[\\/](?:config|schema)[\\/]/)
  const missing = [...thrown, ...told, ...kinds].filter(
    (code) => !documented.includes(code) && !elsewhere.has(code),
  )

  expect(missing.toSorted()).toEqual([])
})

it('every code on the page is one of the sources, and stands there once', () => {
  const quoted = found(/'(\w+)'/g)

  expect(documented.filter((code) => !quoted.has(code))).toEqual([])
  expect(documented.filter((code, at) => documented.indexOf(code) !== at)).toEqual([])
})
