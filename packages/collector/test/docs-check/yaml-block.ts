import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { ConfigError, createCollector, loadConfig, messageOf, type LoadOptions } from '@spanloom/core'
import { parseAllDocuments } from 'yaml'

import { defaultRegistry } from '../../src/index.ts'
import { filePluginFinder } from '../../src/plugins/plugin-finder.ts'
import { temporaryFolder } from '../example-run.ts'
import { valueOf } from './code-blocks.ts'
import type { Block, Fault } from './page.ts'

/** What a block leaves out is added around it, so that a block may show one section only. */
const surroundings = [
  'yaml:receivers: { nop: }',
  'yaml:exporters: { nop: }',
  'yaml:service: { pipelines: { traces: { receivers: [nop], exporters: [nop] } } }',
]

/** Builds the pipeline of a YAML block, without starting it, and tells all its faults. `page` holds its plugins. */
export async function yamlFaults(block: Block, page: readonly Block[]): Promise<readonly Fault[]> {
  if (block.words.includes('plain')) return plainFaults(block)
  await using folder = await temporaryFolder()
  for (const other of page) {
    const file = valueOf(other, 'file')
    if (file !== undefined) await writeFile(join(folder.path, file), other.text)
  }
  const faults = await buildFaults(block, folder.path)
  if (!block.words.includes('broken')) return faults
  return faults.length > 0 ? [] : [{ ...placeOf(block), message: 'is marked as broken, yet it works' }]
}

/** Whether a block says which pipelines there are. */
export const isWhole = ({ text }: Block): boolean => /^service:/m.test(text)

/** How the configuration of a block is loaded. `folder` holds the files of its page, and nothing else is read. */
export function loadOptions(block: Block, folder: string): LoadOptions {
  return {
    sources: [...(isWhole(block) ? [] : surroundings), `yaml:${block.text}`],
    registry: defaultRegistry,
    plugins: filePluginFinder({ cwd: folder, command: folder }),
    env: {},
    readFile: (path) =>
      path.startsWith(folder)
        ? readFile(path)
        : Promise.reject(new Error('The documentation names no files of others.')),
    fetch: () => Promise.reject(new Error('The documentation names no addresses.')),
  }
}

async function buildFaults(block: Block, folder: string): Promise<readonly Fault[]> {
  try {
    const collector = await createCollector({
      config: await loadConfig(loadOptions(block, folder)),
      build: { command: 'spanloom', version: '0.0.0' },
      buildOnly: true,
    })
    const { failures } = await collector.shutdown(AbortSignal.timeout(1000))
    return failures.map((failure) => ({
      ...placeOf(block),
      message: `${failure.id}: ${messageOf(failure.error)}`,
    }))
  } catch (error) {
    if (!(error instanceof ConfigError)) return [{ ...placeOf(block), message: String(error) }]
    return error.issues.map(({ line = 0, path, message }) => ({
      page: block.page,
      line: block.line + line,
      message: `${path.join('::')}: ${message}`,
    }))
  }
}

/** YAML that is no configuration of Spanloom. */
function plainFaults(block: Block): readonly Fault[] {
  return parseAllDocuments(block.text, { strict: true, uniqueKeys: true }).flatMap(({ errors, warnings }) =>
    [...errors, ...warnings].map(({ message, linePos }) => ({
      page: block.page,
      line: block.line + (linePos?.[0].line ?? 0),
      message,
    })),
  )
}

const placeOf = ({ page, line }: Block): Pick<Fault, 'page' | 'line'> => ({ page, line })
