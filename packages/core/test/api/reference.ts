import { relative } from 'node:path'

import type { Declaration } from './module.ts'
import type { PublicApi } from './public-api.ts'

interface Room {
  readonly folder: string
  readonly title: string
  readonly about: string
}

/** The rooms of the core, those first that an author of a plugin enters first. */
const rooms: readonly Room[] = [
  {
    folder: 'component',
    title: 'Components',
    about: 'How a receiver, processor, exporter, connector or extension is declared, and what it is given.',
  },
  {
    folder: 'traces',
    title: 'Traces and spans',
    about: 'The data. A span is its OTLP bytes; all of it is immutable.',
  },
  { folder: 'errors', title: 'Errors', about: 'What to throw, and what its receiver makes of it.' },
  {
    folder: 'schema',
    title: 'Schemas',
    about: 'Settings and payloads: one schema gives the type, the check, the defaults and the documentation.',
  },
  {
    folder: 'net',
    title: 'HTTP, gRPC and TLS',
    about: 'Servers and clients with their settings, limits and outcomes.',
  },
  {
    folder: 'delivery',
    title: 'Delivery',
    about: 'Exporters: sending queue, batches, timeouts, retries, dead letters.',
  },
  { folder: 'telemetry', title: 'Telemetry', about: 'How a component logs, counts and tells how it is.' },
  { folder: 'storage', title: 'Storage', about: 'What lies on disk: queues and the values of a component.' },
  { folder: 'clock', title: 'Clock', about: 'Time that a test can control.' },
  {
    folder: 'config',
    title: 'Configuration',
    about: 'For programs that run a collector: loading and checking.',
  },
  {
    folder: 'service',
    title: 'Collector',
    about: 'For programs that run a collector: building, running, reloading.',
  },
  { folder: 'pipeline', title: 'Pipelines', about: 'For programs that wire stages themselves.' },
  { folder: 'tap', title: 'Tap', about: 'For programs that watch what passes between components.' },
]

/** Longer constants, which are mostly schemas, are cut; the API report has them whole. */
const mostLines = 12

/** The reference page of the public API; Markdown. `source` is the folder of the core's sources. */
export function apiReference(source: string, core: PublicApi, testing: PublicApi): string {
  const sections = rooms.flatMap(({ folder, title, about }) => {
    const members = [...core.exported].filter(
      ([, [first]]) => first !== undefined && roomOf(first, source) === folder,
    )
    return [`## ${title}`, about, ...members.flatMap(([name, declarations]) => member(name, declarations))]
  })
  return `${[
    '# Public API',
    'What `@spanloom/core` exports, which is what a plugin imports. Made of the sources; `npm run docs` writes this page anew. How to write and load a plugin: [plugins](../guide/plugins.md).',
    'Within one version of the plugin API (`pluginApiVersion`) nothing of this breaks; reports of all declarations in `packages/core/api` are compared by a test.',
    ...sections,
    '## Tests',
    'What `@spanloom/core/testing` exports: contract tests for every kind of component, sinks, a clock under control. For tests only; it needs `vitest`, and `fast-check` for the arbitraries.',
    ...[...testing.exported].flatMap(([name, declarations]) => member(name, declarations)),
  ].join('\n\n')}\n`
}

/** Rooms that have exports and no section on the page. */
export function forgottenRooms(source: string, core: PublicApi): readonly string[] {
  const used = new Set([...core.exported.values()].flat().map((declaration) => roomOf(declaration, source)))
  return [...used].filter((room) => rooms.every(({ folder }) => folder !== room))
}

function roomOf({ file }: Declaration, source: string): string {
  return relative(source, file).split(/[\\/]/, 1)[0] ?? ''
}

function member(name: string, declarations: readonly Declaration[]): readonly string[] {
  const sentence = firstSentence(
    declarations.map(({ comment }) => comment).find((comment) => comment !== '') ?? '',
  )
  return [
    `### \`${name}\``,
    ...(sentence === '' ? [] : [sentence]),
    `\`\`\`typescript\n${declarations.map(({ text }) => cut(text)).join('\n')}\n\`\`\``,
  ]
}

function cut(text: string): string {
  const lines = text.split('\n')
  if (!text.startsWith('declare const') || lines.length <= mostLines) return text
  return [...lines.slice(0, mostLines), '  // …', '};'].join('\n')
}

/** The first sentence of a comment, without references that lead nowhere on a page. */
function firstSentence(comment: string): string {
  const text = comment
    .split(/\n\s*\n|\n@/, 1)
    .join('')
    .replace(/^@\w+\s+/, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\{@link ([^}\s|]+)[^}]*\}/g, '`$1`')
  return /^.*?[.:](?= [A-Z`]|$)/.exec(text)?.[0] ?? text
}
