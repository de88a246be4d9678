import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

import { apiPages, core, sourceFolder } from './pages.ts'
import { publicApi } from './public-api.ts'
import { forgottenRooms } from './reference.ts'
import { apiReport } from './report.ts'

const repository = fileURLToPath(new URL('../../../../', import.meta.url))

describe('the public API', () => {
  it.each([...apiPages()])('is as %s says (`pnpm docs` writes it)', (path, text) => {
    expect(text).toBe(readFileSync(join(repository, path), 'utf8'))
  })

  it('has a room on the page for everything', () => {
    expect(forgottenRooms(sourceFolder, core())).toEqual([])
  })
})

/** The report of an entry that consists of these files, the first of which is the entry. */
function reportOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'spanloom-api-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    return apiReport('x', publicApi(join(folder, Object.keys(files)[0] ?? '')))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('the report', () => {
  const files = {
    'index.ts': "export * from './a.ts'\nexport { type Inner as Renamed } from './b.ts'\n",
    'a.ts': `import type { Options } from './b.ts'
/** Makes it. */
export function make(options: Options): string { return String(options.size) }
export function overloaded(a: string): string
export function overloaded(a: number): number
export function overloaded(a: unknown): unknown { return a }
function hidden(): void {}
export class Thing { #secret = 1; get size(): number { return this.#secret } /** @internal */ inner(): void { hidden() } }
`,
    'b.ts': `export interface Inner { readonly a: 1 }
export interface Options extends Inner {
  /** In bytes. */
  readonly size: number
}
`,
  }

  it('has every declaration without comments, and what it is made of', () => {
    const [, ...paragraphs] = reportOf(files).split('\n\n').slice(1)

    expect(paragraphs.join('\n\n')).toBe(`interface Inner {
  readonly a: 1;
}
exported as Renamed

declare class Thing {
  #private;
  get size(): number;
}

declare function make(options: Options): string;

declare function overloaded(a: string): string;
declare function overloaded(a: number): number;

# Not exported, but part of the above

interface Options extends Inner {
  readonly size: number;
}
`)
  })

  it.each([
    ['a parameter', 'options: Options)', 'options?: Options)'],
    ['a result', 'Options): string', 'Options): String'],
    ['an overload', 'export function overloaded(a: number): number\n', ''],
    ['a member', 'get size(): number', 'get size(): bigint'],
  ])('differs when %s changes', (_, before, after) => {
    expect(reportOf({ ...files, 'a.ts': files['a.ts'].replace(before, after) })).not.toBe(reportOf(files))
  })

  it('differs when what is not exported changes', () => {
    const changed = { ...files, 'b.ts': files['b.ts'].replace('size: number', 'size?: number') }
    expect(reportOf(changed)).not.toBe(reportOf(files))
  })

  it('is the same when code or comments change', () => {
    const a = files['a.ts'].replace('Makes it.', 'Makes it well.').replace('String(options.size)', "''")
    expect(reportOf({ ...files, 'a.ts': a })).toBe(reportOf(files))
  })
})
