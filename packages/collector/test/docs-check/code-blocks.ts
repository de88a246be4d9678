import { join } from 'node:path'

import type { Block, Fault } from './page.ts'
import { typeFaults } from './type-check.ts'

/** The value of a word such as `file=pipeline.yaml`. */
export const valueOf = ({ words }: Block, name: string): string | undefined =>
  words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1)

/** `mts` or `mjs`: the documentation has modules only. */
export const moduleExtension = ({ language }: Block): string => language.replace(/^(?=[tj]s$)/, 'm')

/** Type-checks blocks of TypeScript and JavaScript, those of a page beside each other. */
export async function codeFaults(blocks: readonly Block[], repository: string): Promise<readonly Fault[]> {
  const byFile = new Map(blocks.map((block) => [fileOf(block), block]))
  const texts = new Map([...byFile].map(([file, { prologue, text }]) => [file, prologue + text]))
  return (await typeFaults(texts, repository)).map(({ file, line, message }) => {
    const block = byFile.get(file)
    if (block === undefined) return { page: file, line, message }
    const hidden = block.prologue.split('\n').length - 1
    return { page: block.page, line: block.line + line - hidden, message }
  })
}

const fileOf = (block: Block): string =>
  join(
    block.page.replaceAll(/[^a-zA-Z0-9-]/g, '_'),
    valueOf(block, 'file') ?? `line-${block.line}.${moduleExtension(block)}`,
  )
