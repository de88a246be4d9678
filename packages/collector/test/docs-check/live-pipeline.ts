import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { loadConfig, type CollectorConfig, type ComponentConfig } from '@spanloom/core'
import { parse } from 'yaml'

import { freePort, readySentence, startCli } from '../process.ts'
import type { Block } from './page.ts'
import { inFolder } from './scratch.ts'
import { isWhole, loadOptions } from './yaml-block.ts'

/** A pipeline of a page that runs while commands of the page talk to it. */
export interface LivePipeline extends AsyncDisposable {
  /** What the collector has printed so far. */
  readonly printed: () => string
  /** A command with the ports at which the pipeline really listens. */
  readonly here: (command: string) => string
}

/**
 * Runs the pipeline of a block in a folder. Ports that `command` names are exchanged for free ones, all others at which
 * the pipeline listens for any that is free.
 */
export async function startPipeline(block: Block, command: string, folder: string): Promise<LivePipeline> {
  const ports = new Map<string, number>()
  for (const [, , port = ''] of command.matchAll(/\b(localhost|127\.0\.0\.1):(\d+)/g))
    ports.set(port, ports.get(port) ?? (await freePort()))
  const here = (text: string): string =>
    inFolder(
      movePorts(text, (port) => ports.get(port) ?? port),
      folder,
    )
  const config = await loadConfig({
    ...loadOptions(block, folder),
    sets: ['service.telemetry.metrics.level=none'],
  })
  const wiring = isWhole(block) ? {} : wireAll(config)
  const file = join(folder, `pipeline-${block.line}.json`)
  await writeFile(
    file,
    documentOf({
      config,
      plugins: parse(block.text)?.plugins ?? [],
      wiring,
      sending: here,
      listening: (text) =>
        inFolder(
          movePorts(text, (port) => ports.get(port) ?? 0),
          folder,
        ),
    }),
  )
  const collector = startCli(['--config', file])
  await collector.waitFor(readySentence)
  return {
    printed: collector.stdout,
    here,
    [Symbol.asyncDispose]: () => collector[Symbol.asyncDispose](),
  }
}

function movePorts(text: string, to: (port: string) => string | number): string {
  return text.replaceAll(
    /\b(localhost|127\.0\.0\.1):(\d+)/g,
    (_, host: string, port: string) => `${host}:${to(port)}`,
  )
}

/** The `service` settings that use everything that a block shows, where it shows none. */
function wireAll({ receivers, processors, exporters, extensions }: CollectorConfig): object {
  const traces = {
    receivers: [...receivers.keys()],
    processors: [...processors.keys()],
    exporters: [...exporters.keys()],
  }
  return { extensions: [...extensions.keys()], pipelines: { traces } }
}

/** A configuration with everything that it leaves to defaults, in the form of a file. */
function documentOf({
  config: { service, ...config },
  plugins,
  wiring,
  sending,
  listening,
}: {
  readonly config: CollectorConfig
  readonly plugins: unknown
  readonly wiring: object
  readonly sending: (text: string) => string
  readonly listening: (text: string) => string
}): string {
  const section = (components: ReadonlyMap<string, ComponentConfig>, move = sending): string =>
    move(JSON.stringify(Object.fromEntries([...components].map(([id, { raw }]) => [id, raw]))))
  return `{
    "plugins": ${JSON.stringify(plugins)},
    "receivers": ${section(config.receivers, listening)},
    "processors": ${section(config.processors)},
    "exporters": ${section(config.exporters)},
    "connectors": ${section(config.connectors)},
    "extensions": ${section(config.extensions, listening)},
    "service": ${JSON.stringify({ ...toObject(service.raw), ...wiring })}
  }`
}

const toObject = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {})
