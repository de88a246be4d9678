import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

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

/** What the compiler says about a line of a file. */
export interface TypeFault {
  readonly file: string
  readonly line: number
  readonly message: string
}

/** Type-checks modules, texts by the names of their files, that may import every package of a repository. */
export async function typeFaults(
  files: ReadonlyMap<string, string>,
  repository: string,
): Promise<readonly TypeFault[]> {
  if (files.size === 0) return []
  const folder = await mkdtemp(join(tmpdir(), 'spanloom-types-'))
  try {
    await linkPackages(folder, repository)
    for (const [file, text] of files) {
      await mkdir(dirname(join(folder, file)), { recursive: true })
      await writeFile(join(folder, file), text)
    }
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    const project = { compilerOptions, files: [...files.keys()] }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(project))
    const args = [compiler, '-p', 'tsconfig.json', '--pretty', 'false']
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder }).catch(
      (error: { stdout: string }) => error,
    )
    return stdout
      .split('\n')
      .filter((line) => /^\S/.test(line))
      .map(toFault)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function toFault(told: string): TypeFault {
  const [, file = '', line = '0', message = told] = /^(.*?)\((\d+),\d+\): error (.*)$/.exec(told) ?? []
  return { file, line: Number(line), message }
}
