import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { parseSync, type Comment, type Statement } from 'oxc-parser'
import { isolatedDeclarationSync } from 'oxc-transform'

import { nameOf, namesUsed } from './syntax.ts'

/** One declaration of a module, as TypeScript sees it from outside. */
export interface Declaration {
  readonly file: string
  readonly name: string
  /** What stands in the declaration file, with the comments inside. */
  readonly text: string
  /** The same without comments. */
  readonly bare: string
  /** The comment in front of it, without its marks; empty when there is none. */
  readonly comment: string
  /** Names that it uses. */
  readonly uses: ReadonlySet<string>
}

/** Where a name of a module comes from. */
export interface Origin {
  /** A file of the same package; `undefined` for another package. */
  readonly file: string | undefined
  /** Its name there. */
  readonly name: string
}

/** What a module declares, takes from others and gives to others. */
export interface Module {
  /** By name in the module; overloads of one function are several. */
  readonly declarations: ReadonlyMap<string, readonly Declaration[]>
  readonly imports: ReadonlyMap<string, Origin>
  /** By name for others. */
  readonly exports: ReadonlyMap<string, Origin>
  /** Files of which everything is handed on. */
  readonly stars: readonly string[]
}

/** Reads a module of TypeScript with isolated declarations; nothing needs to be built. */
export function readModule(file: string): Module {
  const { code, errors } = isolatedDeclarationSync(file, readFileSync(file, 'utf8'), { stripInternal: true })
  if (errors.length > 0) throw new Error(`${file}: ${errors.map(({ message }) => message).join(' ')}`)
  const { program, comments } = parseSync(file.replace(/\.ts$/, '.d.ts'), code, { lang: 'dts' })
  const declarations = new Map<string, Declaration[]>()
  const imports = new Map<string, Origin>()
  const exports = new Map<string, Origin>()
  const stars: string[] = []
  const fileOf = (source: string): string | undefined =>
    source.startsWith('.') ? join(dirname(file), source) : undefined

  const declare = (statement: Statement, inner: Statement, isExported: boolean): void => {
    const name = nameOf(inner)
    if (name === undefined) return
    const text = code.slice(statement.start, statement.end)
    const declaration: Declaration = {
      file,
      name,
      text: spaced(text.replace(/^export /, '')),
      bare: spaced(withoutComments(text, statement.start, comments).replace(/^export /, '')),
      comment: commentBefore(code, statement.start, comments),
      uses: namesUsed(inner),
    }
    declarations.set(name, [...(declarations.get(name) ?? []), declaration])
    if (isExported) exports.set(name, { file, name })
  }

  for (const statement of program.body) {
    if (statement.type === 'ImportDeclaration') {
      for (const specifier of statement.specifiers) {
        const { name } = specifier.local
        const imported = specifier.type === 'ImportSpecifier' ? specifier.imported : specifier.local
        imports.set(name, {
          file: fileOf(statement.source.value),
          name: 'name' in imported ? imported.name : name,
        })
      }
    } else if (statement.type === 'ExportAllDeclaration') {
      stars.push(fileOf(statement.source.value) ?? statement.source.value)
    } else if (statement.type === 'ExportNamedDeclaration') {
      if (statement.declaration !== null) declare(statement, statement.declaration, true)
      for (const { local, exported } of statement.specifiers) {
        if (!('name' in local) || !('name' in exported)) continue
        const from = statement.source === null ? file : fileOf(statement.source.value)
        exports.set(exported.name, { file: from, name: local.name })
      }
    } else declare(statement, statement, false)
  }
  return { declarations, imports, exports, stars }
}

function withoutComments(text: string, start: number, comments: readonly Comment[]): string {
  let bare = ''
  let at = start
  const end = start + text.length
  for (const comment of comments) {
    if (comment.start < start || comment.end > end) continue
    bare += text.slice(at - start, comment.start - start)
    at = comment.end
  }
  return bare + text.slice(at - start)
}

function commentBefore(code: string, start: number, comments: readonly Comment[]): string {
  const comment = comments.findLast(
    ({ type, end }) => type === 'Block' && end <= start && code.slice(end, start).trim() === '',
  )
  if (comment === undefined) return ''
  return comment.value
    .replace(/^\*/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trim())
    .join('\n')
    .trim()
}

/** Two spaces for a tab, and no lines that a comment has left empty. */
function spaced(text: string): string {
  return text
    .replaceAll('\t', '  ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .join('\n')
}
