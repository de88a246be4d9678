import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { ConfigError, ConfigSource, type CollectorConfig, type ConfigIssue } from '@spanloom/core'

import { filePluginFinder } from '../../src/plugins/plugin-finder.ts'
import { defaultRegistry } from '../../src/registry.ts'
import { runMain, type Outcome } from '../run-spanloom.ts'

/** Texts of files by path; an object becomes JSON. */
export type Files = Readonly<Record<string, string | object>>

/** A folder of its own with a project in it. */
export interface Project extends AsyncDisposable {
  readonly folder: string
  readonly path: (name: string) => string
  readonly write: (files: Files) => Promise<void>
  /** Loads again and again from the same sources. */
  readonly source: (name?: string) => ConfigSource
  readonly load: (name?: string) => Promise<CollectorConfig>
  /** Runs a verb as if it was typed in the folder. */
  readonly run: (...args: readonly string[]) => Promise<Outcome>
  /** The faults of a configuration that must be refused. */
  readonly faults: (name?: string) => Promise<readonly ConfigIssue[]>
}

/** Writes a project; `command` is the folder in it that the command is installed in. */
export async function projectOf(files: Files, command = 'bin'): Promise<Project> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'spanloom-plugins-')))
  const path = (name: string): string => join(folder, name)
  const write = async (more: Files): Promise<void> => {
    for (const [name, content] of Object.entries(more)) {
      await mkdir(dirname(path(name)), { recursive: true })
      await writeFile(path(name), typeof content === 'string' ? content : JSON.stringify(content))
    }
  }
  await write(files)
  const source = (name = 'pipeline.yaml'): ConfigSource =>
    new ConfigSource({
      sources: [path(name)],
      registry: defaultRegistry,
      plugins: filePluginFinder({ cwd: path('elsewhere'), command: path(command) }),
      env: {},
      readFile: (file) => import('node:fs/promises').then((fs) => fs.readFile(file)),
      fetch: () => Promise.reject(new Error('no network')),
    })
  return {
    folder,
    path,
    write,
    source,
    load: (name) => source(name).load(),
    run: (...args) => runMain(args, {}, filePluginFinder({ cwd: folder, command: path(command) })),
    async faults(name) {
      try {
        await source(name).load()
      } catch (error) {
        if (error instanceof ConfigError) return error.issues
        throw error
      }
      throw new Error('The configuration was accepted.')
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** A pipeline with one receiver of each of these types. */
export function pipelineWith(types: readonly string[], plugins: readonly string[] = []): string {
  const list = types.join(', ')
  return [
    ...(plugins.length === 0 ? [] : ['plugins:', ...plugins.map((plugin) => `  - ${plugin}`)]),
    'receivers:',
    ...types.map((type) => `  ${type}:`),
    'exporters:',
    '  nop:',
    `service: { pipelines: { traces: { receivers: [${list}], exporters: [nop] } } }`,
    '',
  ].join('\n')
}

/** The code of a receiver that does nothing. */
export function receiverCode(type: string, name = `${type}Receiver`, more = ''): string {
  return `import { defineReceiver } from '@spanloom/core'
${more}
export const ${name} = defineReceiver({
  type: '${type}',
  stability: 'beta',
  schema: { type: 'object', properties: { size: { type: 'integer', default: 7 } } },
  create: () => ({ start: () => Promise.resolve(), shutdown: () => Promise.resolve() }),
})
`
}

/** What a package of plugins needs beside its code. */
export function manifestOf(name: string, components: readonly object[], more: object = {}): object {
  return {
    name,
    version: '1.2.3',
    type: 'module',
    exports: './index.js',
    spanloom: { apiVersion: 1, components },
    ...more,
  }
}

/** An installed package with one receiver. */
export function installed(
  folder: string,
  type: string,
  { name = `spanloom-receiver-${type}`, component = {} as object, manifest = {} as object } = {},
): Files {
  return {
    [`${folder}/node_modules/${name}/package.json`]: manifestOf(
      name,
      [{ kind: 'receiver', type, ...component }],
      manifest,
    ),
    [`${folder}/node_modules/${name}/index.js`]: receiverCode(type),
  }
}
