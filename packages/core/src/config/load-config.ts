import { ConfigError } from '../errors/config-error.ts'
import { checkConfig } from '../schema/check-config.ts'
import { parseConfig } from '../schema/parse-config.ts'
import type { ObjectSchema } from '../schema/schema.ts'
import type { CollectorConfig } from './collector-config.ts'
import { checkComponents } from './components.ts'
import { checkConnectors } from './connectors.ts'
import { sectionOfKind } from './document-schema.ts'
import { Expander } from './expand.ts'
import type { Fault } from './faults.ts'
import type { LoadOptions } from './load-options.ts'
import { mendDocument } from './mend-document.ts'
import { type ConfigNode, type MapNode, toPlain } from './node.ts'
import { pemFaults } from './pem-files.ts'
import { withPlugins } from './plugins.ts'
import { mergeSources, readSources } from './read-sources.ts'
import { Report } from './report.ts'
import { checkReferences, checkService, usedIds, warnOfUnused } from './service.ts'
import { skippedByTracesOnly } from './signals.ts'
import { SourceReader } from './source-reader.ts'
import { type TestsConfig, testsSchema } from './tests-schema.ts'
import { Variables } from './variables.ts'

/**
 * Reads all sources, merges them, expands references and checks the result.
 *
 * @throws ConfigError with every fault that can be found in one run (CFG-80), each with its source, line,
 * column and an excerpt (CFG-82).
 */
export async function loadConfig(options: LoadOptions): Promise<CollectorConfig> {
  const reader = new SourceReader(options)
  const report = new Report()
  if (options.sources.length === 0) {
    report.fault({ code: 'no_source', path: [], message: 'at least one config flag must be provided' })
  }
  const { roots, complete } = await readSources(options, reader, report)
  if (!complete || options.sources.length === 0) fail(report, roots, undefined)
  const written = mergeSources(roots, report)
  if (written === undefined || written.entries.size === 0) {
    report.fault(emptyFault)
    return fail(report, roots, written)
  }
  const variables = new Variables(options.env, options.strictEnv ?? false)
  const expander = new Expander(reader, variables)
  const expanded = await expander.expand(written)
  report.take({ issues: expander.faults, warnings: variables.warnings, secrets: [] })
  report.take({ issues: variables.faults, warnings: [], secrets: [] })
  for (const notice of variables.notices) report.notices.push(notice)
  if (expanded.kind !== 'map') return fail(report, roots, written)
  const root = mendDocument(expanded, report)
  const config = await check(root, options, reader.files, report)
  variables.explain(report.faults)
  if (report.faults.length > 0) return fail(report, [...roots, expanded], root, expander)
  report.hideSecrets([...roots, root])
  return Object.freeze({
    ...config,
    warnings: report.placed(report.warnings, root),
    notices: report.placed(report.notices, root),
    sources: reader.files,
  })
}

function fail(
  report: Report,
  roots: readonly ConfigNode[],
  root: MapNode | undefined,
  expander?: Expander,
): never {
  report.hideSecrets(root === undefined ? roots : [...roots, root])
  throw new ConfigError(report.placed(report.faults, root, expander?.broken))
}

const emptyFault: Fault = {
  code: 'empty',
  path: [],
  message: 'empty configuration file',
  suggestion: 'Write a first one with: spanloom init',
}

type Checked = Omit<CollectorConfig, 'warnings' | 'notices' | 'sources'>

const testsDocument = { type: 'object', properties: { tests: testsSchema } } as const satisfies ObjectSchema

/** The tests of a document; none where they have faults. The outline knows all of these but what is inside of them. */
function testsOf(root: MapNode, report: Report): TestsConfig {
  const node = root.entries.get('tests')?.node
  const plain = node === undefined ? {} : { tests: toPlain(node) }
  const { issues } = checkConfig(testsDocument, plain)
  for (const issue of issues) if (issue.code === 'unknown_key') report.fault(issue)
  return parseConfig(testsDocument, issues.length === 0 ? plain : {}).tests
}

async function check(
  root: MapNode,
  options: LoadOptions,
  sources: readonly string[],
  report: Report,
): Promise<Checked> {
  const { tracesOnly = false } = options
  const skipped = tracesOnly ? skippedByTracesOnly(root) : undefined
  for (const key of skipped?.pipelines ?? []) {
    const path = ['service', 'pipelines', key]
    report.warn({
      code: 'skipped_pipeline',
      path,
      message: 'skipped: this collector handles traces only',
      at: 'key',
    })
  }
  const known = await withPlugins(root, options, sources, report)
  const { ids, references, files, ...components } = await checkComponents(
    root,
    known,
    report,
    skipped?.isSkipped ?? (() => false),
  )
  reportEmptySections(root, report)
  const service = checkService(root, ids, report, tracesOnly)
  checkConnectors(service.pipelines, ids, report)
  checkReferences(references, { ids, extensions: components.extensions }, service, report)
  if (options.readPem !== undefined) {
    const used = usedIds(service)
    const running = files.filter(({ owner }) => used[sectionOfKind[owner.kind]].has(owner.id))
    for (const fault of await pemFaults(running, options.readPem)) {
      if (fault.code === 'unreadable_file' && options.strictFiles !== true) report.warn(fault)
      else report.fault(fault)
    }
  }
  warnOfUnused(ids, service, report)
  return {
    registry: known.registry,
    plugins: known.listed,
    ...components,
    service,
    tests: testsOf(root, report),
  }
}

/** CFG-05. */
function reportEmptySections(root: MapNode, report: Report): void {
  if (Object.values(sectionOfKind).every((section) => isEmpty(root.entries.get(section)?.node))) {
    report.fault(emptyFault)
    return
  }
  for (const kind of ['receiver', 'exporter'] as const) {
    if (!isEmpty(root.entries.get(`${kind}s`)?.node)) continue
    const message = `no ${kind} configuration specified in config`
    const suggestion = `Add the section ${kind}s.`
    report.fault({ code: `no_${kind}`, path: [`${kind}s`], message, at: 'key', suggestion })
  }
}

function isEmpty(node: ConfigNode | undefined): boolean {
  if (node === undefined) return true
  return node.kind === 'map' ? node.entries.size === 0 : node.kind === 'scalar' && node.value === null
}
