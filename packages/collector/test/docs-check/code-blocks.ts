import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import type { Block, Fault } from './page.ts'
import { linkPackages } from './scratch.ts'

const compiler = join(
  dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin',
  'tsc',
)

/** As a user's project has them. */
const compilerOptions = {
  target: 'ES2024',
  lib: ['ES2024', 'ESNext.Disposable', 'ESNext.Collection'],
  module: 'NodeNext',
  moduleDetection: 'force',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  allowImportingTsExtensions: true,
  allowJs: true,
  checkJs: true,
  noEmit: true,
  skipLibCheck: true,
}

/** The value of a word such as `file=pipeline.yaml`. */
export const valueOf = ({ words }: Block, name: string): string | undefined =>
  words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1)

/** `mts` or `mjs`: the documentation has modules only. */
export const moduleExtension = ({ language }: Block): string => language.replace(/^(?=[tj]s$)/, 'm')

/** Type-checks blocks of TypeScript and JavaScript in a folder that sees all packages of the repository. */
export async function codeFaults(
  blocks: readonly Block[],
  folder: string,
  repository: string,
): Promise<readonly Fault[]> {
  if (blocks.length === 0) return []
  await linkPackages(folder, repository)
  const files = new Map<string, Block>()
  for (const block of blocks) {
    const file = join(
      block.page.replaceAll(/[^a-zA-Z0-9-]/g, '_'),
      valueOf(block, 'file') ?? `line-${block.line}.${moduleExtension(block)}`,
    )
    files.set(file, block)
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), block.prologue + block.text)
  }
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: [...files.keys()] }),
  )
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [compiler, '-p', 'tsconfig.json', '--pretty', 'false'],
    { cwd: folder },
  ).catch((error: { stdout: string }) => error)
  return stdout
    .split('\n')
    .filter((line) => /^\S/.test(line))
    .map((line) => toFault(line, files))
}

function toFault(told: string, files: ReadonlyMap<string, Block>): Fault {
  const [, file = '', line = '0', message = told] = /^(.*?)\((\d+),\d+\): error (.*)$/.exec(told) ?? []
  const block = files.get(file)
  if (block === undefined) return { page: file, line: Number(line), message: told }
  const hidden = block.prologue.split('\n').length - 1
  return { page: block.page, line: block.line + Number(line) - hidden, message }
}
