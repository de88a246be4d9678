import type { Registry } from '../component/registry.ts'
import { ConfigError, type ConfigIssue } from '../errors/config-error.ts'
import { Expander } from './expand.ts'
import type { LoadOptions } from './load-options.ts'
import { mapNode } from './node.ts'
import type { BrokenPlugin } from './plugin-finder.ts'
import { withPlugins } from './plugins.ts'
import { mergeSources, readSources } from './read-sources.ts'
import { Report } from './report.ts'
import { SourceReader } from './source-reader.ts'
import { SourceText } from './source-text.ts'
import { Variables } from './variables.ts'

/** All components that a configuration could name. */
export interface AllComponents {
  readonly registry: Registry
  /** What is wrong with the items of `plugins:`; they are left out. */
  readonly issues: readonly ConfigIssue[]
  /** What is installed and cannot be used. */
  readonly broken: readonly BrokenPlugin[]
}

/**
 * Finds what is built in, what the sources list in \`plugins:\`, and everything that is installed around them; there
 * may be no source. Nothing else in the sources is checked.
 *
 * @throws ConfigError when a source cannot be read.
 */
export async function loadRegistry(options: LoadOptions): Promise<AllComponents> {
  const reader = new SourceReader(options)
  const report = new Report()
  const { roots } = await readSources(options, reader, report)
  if (report.faults.length > 0) {
    report.hideSecrets(roots)
    throw new ConfigError(report.placed(report.faults, undefined))
  }
  const nowhere = { source: new SourceText('', ''), start: 0, end: 0 }
  const root = mergeSources(roots, new Report()) ?? mapNode(new Map(), nowhere)
  const list = root.entries.get('plugins')
  const variables = new Variables(options.env, options.strictEnv ?? false)
  const expander = new Expander(reader, variables)
  const plugins =
    list === undefined
      ? []
      : [['plugins', { ...list, node: await expander.expand(list.node, ['plugins']) }] as const]
  const asked = mapNode(new Map(plugins), root.place)
  report.take({ issues: [...expander.faults, ...variables.faults], warnings: [], secrets: [] })
  const { registry, broken } = await withPlugins(asked, options, reader.files, report, true)
  report.hideSecrets([...roots, asked])
  return { registry, broken, issues: report.placed([...report.faults, ...report.warnings], asked) }
}
