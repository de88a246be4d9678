import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as elapse } from 'node:timers/promises'

import { moduleExtension, valueOf } from './code-blocks.ts'
import { startPipeline } from './live-pipeline.ts'
import type { Block, Fault, Page } from './page.ts'
import { asNamed, inFolder, layOut, linkPackages } from './scratch.ts'

/** Pages whose commands and outputs a test of their own runs. */
const toldElsewhere = new Map([['docs/guide/value-stream.md', 'valuestream-guide.test.ts']])

const patienceMs = 20_000

/** Whether a page has blocks that only a run can check. */
export const hasStory = ({ name, blocks }: Page): boolean =>
  !toldElsewhere.has(name) &&
  blocks.some(
    ({ language, words }) =>
      words.includes('run') ||
      words.includes('fails') ||
      words.includes('request') ||
      (language === 'text' && !words.includes('sample')),
  )

/**
 * Runs the blocks of a page in order, in a folder of its own, and compares what they print with the `text` blocks
 * behind them. `…` in a text stands for anything.
 */
export async function storyFaults(page: Page, repository: string): Promise<readonly Fault[]> {
  const folder = await mkdtemp(join(tmpdir(), 'spanloom-story-'))
  try {
    const env = await layOut(folder, repository)
    await linkPackages(folder, repository)
    const faults: Fault[] = []
    let pipeline: Block | undefined
    let printed: string | undefined
    for (const block of page.blocks) {
      const told = (message: string): void =>
        void faults.push({ page: block.page, line: block.line, message })
      const file = fileOf(block)
      if (file !== undefined)
        await writeFile(join(folder, file), inFolder(block.prologue + block.text, folder))
      if (block.language === 'yaml' && !block.words.includes('plain')) pipeline = block
      if (block.language === 'text' && !block.words.includes('sample')) {
        if (printed === undefined) told('nothing above it was run: mark it as a sample or run its command')
        else if (!matches(printed, block.text)) told(`is not what was printed:\n${printed}`)
      }
      if (!isRun(block)) continue
      const expected = nextText(page.blocks, block)
      const outcome = await (block.words.includes('request')
        ? request(block, pipeline, { cwd: folder, env }, expected)
        : shell(block.language === 'sh' ? block.text : `node ${fileOf(block)}`, { cwd: folder, env }))
      printed = outcome.printed
      const fails = block.words.includes('fails')
      if (fails === (outcome.code === 0)) told(`ended with ${outcome.code}:\n${outcome.printed}`)
    }
    return faults
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const isRun = ({ words }: Block): boolean => ['run', 'fails', 'request'].some((word) => words.includes(word))

/** Where a block is saved for those that come after it. */
const fileOf = (block: Block): string | undefined =>
  valueOf(block, 'file') ??
  (/^m?[tj]s$/.test(block.language) ? `line-${block.line}.${moduleExtension(block)}` : undefined)

/** The output that a page shows for a block. */
function nextText(blocks: readonly Block[], block: Block): string {
  const next = blocks[blocks.indexOf(block) + 1]
  return next?.language === 'text' && !next.words.includes('sample') ? next.text : ''
}

interface Outcome {
  readonly code: number
  readonly printed: string
}

interface Place {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
}

/** Runs commands against the pipeline above them; what the pipeline prints then counts as their output. */
async function request(
  block: Block,
  pipeline: Block | undefined,
  place: Place,
  expected: string,
): Promise<Outcome> {
  if (pipeline === undefined) return { code: -1, printed: 'There is no pipeline above it.' }
  await using live = await startPipeline(pipeline, block.text, place.cwd)
  const { code, printed } = await shell(live.here(block.text), place)
  const all = (): string => printed + live.printed()
  for (const end = performance.now() + patienceMs; !matches(all(), expected) && performance.now() < end;)
    await elapse(20)
  return { code, printed: all() }
}

function shell(command: string, { cwd, env }: Place): Promise<Outcome> {
  const script = inFolder(command, cwd)
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const child = execFile('sh', ['-e', '-c', script], { cwd, env }, (_error, stdout, stderr) =>
    resolve({ code: child.exitCode ?? -1, printed: asNamed(stdout + stderr, cwd) }),
  )
  return promise
}

/** Whether the lines of a text are in an output, in one piece; `…` stands for anything. */
function matches(printed: string, expected: string): boolean {
  const pattern = expected
    .trim()
    .split('…')
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`))
    .join('.*')
  return new RegExp(pattern, 's').test(printed)
}
