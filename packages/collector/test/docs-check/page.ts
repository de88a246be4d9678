import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Nodes } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'

/**
 * A fenced code block, or the hidden command of `<!-- run: … -->`. CONTRIBUTING.md tells authors what the words after
 * the language mean.
 */
export interface Block {
  readonly page: string
  /** Line of the page before the first line of the text. */
  readonly line: number
  readonly language: string
  /** Words after the language, such as `run` or `file=pipeline.yaml`. */
  readonly words: readonly string[]
  readonly text: string
  /** Lines for the compiler that readers do not see, from `<!-- ts: … -->` above the block. */
  readonly prologue: string
}

/** One page of the documentation, taken apart. */
export interface Page {
  /** Path from the top of the repository. */
  readonly name: string
  readonly blocks: readonly Block[]
  /** Targets of links, as written. */
  readonly links: readonly { readonly line: number; readonly target: string }[]
  /** Texts between back-ticks. */
  readonly phrases: readonly { readonly line: number; readonly text: string }[]
  /** Names of the headings in links, such as `a-queue-on-disk`. */
  readonly anchors: ReadonlySet<string>
}

/** What is wrong with a page, and in which line. */
export interface Fault {
  readonly page: string
  readonly line: number
  readonly message: string
}

/** `page:line: message`, for people. */
export const renderFault = ({ page, line, message }: Fault): string => `${page}:${line}: ${message}`

const rootPages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md']

/** All pages of the documentation of a repository. */
export function readPages(repository: string): readonly Page[] {
  const below = (folder: string): readonly string[] =>
    readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
      .map((name) => join(folder, name))
  const readmes = (folder: string): readonly string[] =>
    readdirSync(join(repository, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name, 'README.md'))
      .filter((name) => existsSync(join(repository, name)))
  return [...rootPages, ...below('docs'), ...readmes('packages'), ...readmes('examples')].map((name) =>
    parsePage(name, readFileSync(join(repository, name), 'utf8')),
  )
}

/** Takes a page apart. */
export function parsePage(name: string, markdown: string): Page {
  const blocks: Block[] = []
  const links: { line: number; target: string }[] = []
  const phrases: { line: number; text: string }[] = []
  const anchors = new Set<string>()
  let prologue = ''
  const visit = (node: Nodes): void => {
    const line = node.position?.start.line ?? 0
    if (node.type === 'html') {
      prologue += `${hidden(node.value, 'ts')}\n`
      for (const word of ['run', 'fails'] as const) {
        const text = hidden(node.value, word)
        if (text !== '') blocks.push({ page: name, line, language: 'sh', words: [word], text, prologue: '' })
      }
    }
    if (node.type === 'link') links.push({ line, target: node.url })
    if (node.type === 'inlineCode') phrases.push({ line, text: node.value })
    if (node.type === 'heading') anchors.add(anchorOf(textOf(node)))
    if (node.type === 'code') {
      const words = (node.meta ?? '').split(' ').filter((word) => word !== '')
      const text = `${node.value}\n`
      blocks.push({
        page: name,
        line,
        language: node.lang ?? '',
        words,
        text,
        prologue: prologue.trim() === '' ? '' : `${prologue.trim()}\n`,
      })
      prologue = ''
    }
    if ('children' in node) for (const child of node.children) visit(child)
  }
  visit(fromMarkdown(markdown))
  return { name, blocks, links, phrases, anchors }
}

/** What a comment such as `<!-- run: … -->` says. */
const hidden = (comment: string, kind: 'ts' | 'run' | 'fails'): string =>
  new RegExp(`^<!-- ${kind}:\\s(.*?)\\s*-->$`, 's').exec(comment)?.[1] ?? ''

/** The name of a heading in links, as GitHub makes it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

function textOf(node: Nodes): string {
  if ('value' in node) return node.value
  return 'children' in node ? node.children.map(textOf).join('') : ''
}
