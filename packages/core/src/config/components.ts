import type { ComponentKind } from '../component/component.ts'
import type { AnyFactory } from '../component/define.ts'
import type { RegistryEntry } from '../component/registry.ts'
import { ConfigError } from '../errors/config-error.ts'
import { hintOf, messageOf } from '../errors/errors.ts'
import { type CheckResult, checkConfig } from '../schema/check-config.ts'
import { type ComponentId, meantId, parseComponentId } from '../schema/component-id.ts'
import { type Path, inMessage } from '../schema/issue.ts'
import { redactUrl } from '../schema/redact-url.ts'
import type { PemFile, Reference } from '../schema/settle.ts'
import type { ComponentConfig } from './collector-config.ts'
import { type SectionName, sectionOfKind } from './document-schema.ts'
import type { Fault } from './faults.ts'
import { positionOf } from './frame.ts'
import { type Entry, type MapNode, type Place, toPlain } from './node.ts'
import type { KnownComponents } from './plugins.ts'
import type { Report } from './report.ts'
import { secondLook } from './second-look.ts'
import { adviceOnType } from './unknown-type.ts'

/** A text in a component's settings that names another component. */
export interface UsedReference extends Reference {
  readonly owner: { readonly kind: ComponentKind; readonly id: string }
}

/** A file that a component's settings name. */
export interface UsedFile extends PemFile {
  readonly owner: UsedReference['owner']
}

/** All configured components of the five sections. */
export interface Components {
  readonly receivers: ReadonlyMap<string, ComponentConfig>
  readonly processors: ReadonlyMap<string, ComponentConfig>
  readonly exporters: ReadonlyMap<string, ComponentConfig>
  readonly connectors: ReadonlyMap<string, ComponentConfig>
  readonly extensions: ReadonlyMap<string, ComponentConfig>
  /** Every id that is configured, also those of components with faults. */
  readonly ids: Readonly<Record<SectionName, ReadonlySet<string>>>
  readonly references: readonly UsedReference[]
  readonly files: readonly UsedFile[]
}

/** Whether a component takes no part because only skipped pipelines use it. */
export type IsSkipped = (section: SectionName, id: string) => boolean

/** Checks the settings of every configured component with its factory's schema (CFG-03). */
export async function checkComponents(
  root: MapNode,
  known: KnownComponents,
  report: Report,
  isSkipped: IsSkipped,
): Promise<Components> {
  const checker = new ComponentChecker(known, report, isSkipped)
  return {
    receivers: await checker.section(root, 'receiver'),
    processors: await checker.section(root, 'processor'),
    exporters: await checker.section(root, 'exporter'),
    connectors: await checker.section(root, 'connector'),
    extensions: await checker.section(root, 'extension'),
    ids: checker.ids,
    references: checker.references,
    files: checker.files,
  }
}

class ComponentChecker {
  readonly ids: Record<SectionName, Set<string>> = {
    receivers: new Set(),
    processors: new Set(),
    exporters: new Set(),
    connectors: new Set(),
    extensions: new Set(),
  }
  readonly references: UsedReference[] = []
  readonly files: UsedFile[] = []
  readonly #known: KnownComponents
  readonly #report: Report
  readonly #isSkipped: IsSkipped
  readonly #factories = new Map<RegistryEntry, Promise<AnyFactory>>()
  readonly #aliasesTold = new Set<string>()
  readonly #stalenessTold = new Set<RegistryEntry>()

  constructor(known: KnownComponents, report: Report, isSkipped: IsSkipped) {
    this.#known = known
    this.#report = report
    this.#isSkipped = isSkipped
  }

  async section(root: MapNode, kind: ComponentKind): Promise<ReadonlyMap<string, ComponentConfig>> {
    const name = sectionOfKind[kind]
    const section = root.entries.get(name)?.node
    const found = new Map<string, ComponentConfig>()
    if (section?.kind !== 'map') return found
    for (const [key, entry] of section.entries) {
      const path = [name, key]
      const id = parseComponentId(key)
      if (typeof id === 'string') {
        this.#report.fault(invalidId(key, id, path))
      } else if (this.#isSkipped(name, id.id)) {
        continue
      } else if (this.ids[name].has(id.id)) {
        const message = `duplicate name "${id.id}" after removing white space from "${inMessage(key)}"`
        const suggestion = 'Remove one of the two, or give it another name.'
        this.#report.fault({ code: 'duplicate_id', path, message, at: 'key', suggestion })
      } else {
        this.ids[name].add(id.id)
        const component = await this.#component(kind, id, entry, path)
        if (component !== undefined) found.set(id.id, component)
      }
    }
    return found
  }

  async #component(
    kind: ComponentKind,
    id: ComponentId,
    entry: Entry,
    path: Path,
  ): Promise<ComponentConfig | undefined> {
    const factory = await this.#factory(kind, id, path)
    if (factory === undefined) return undefined
    const owner = { kind, id: id.id }
    const plugin = this.#pluginOf(kind, id.type, entry.key)
    const checked = this.#check(factory, entry, path, plugin.plugin)
    if (checked === undefined) return undefined
    this.#take(checked, owner)
    if (checked.issues.length > 0) {
      this.#lookBehind(factory, entry, checked, path, owner)
      return undefined
    }
    validate(factory, checked.config, path, (fault) => this.#report.fault(fault))
    const { config, effective: raw, redacted } = checked
    return Object.freeze({ kind, id: id.id, type: factory.type, factory, config, raw, redacted, ...plugin })
  }

  #lookBehind(
    factory: AnyFactory,
    entry: Entry,
    checked: CheckResult,
    path: Path,
    owner: UsedReference['owner'],
  ): void {
    const look = secondLook(factory.schema, entry, checked, path, (config, tell) =>
      validate(factory, config, path, tell),
    )
    for (const fault of look.faults) this.#report.fault(fault)
    for (const reference of look.references) this.references.push({ ...reference, owner })
    for (const secret of look.secrets) this.#report.hideValue(secret)
  }

  /** Nobody has tested the schemas of plugins. */
  #check(
    { schema }: AnyFactory,
    { node }: Entry,
    path: Path,
    plugin: string | undefined,
  ): CheckResult | undefined {
    try {
      return checkConfig(schema, toPlain(node), path)
    } catch (error) {
      if (plugin === undefined) throw error
      const message = `the schema of ${plugin} cannot be used: ${messageOf(error)}`
      this.#report.fault({ code: 'invalid_schema', path, message, at: 'key' })
      return undefined
    }
  }

  #take(checked: CheckResult, owner: UsedReference['owner']): void {
    this.#report.take(checked)
    for (const reference of checked.references) this.references.push({ ...reference, owner })
    for (const file of checked.files) this.files.push({ ...file, owner })
  }

  async #factory(
    kind: ComponentKind,
    { type, id }: ComponentId,
    path: Path,
  ): Promise<AnyFactory | undefined> {
    const entry = this.#known.registry.find(kind, type)
    if (entry === undefined) {
      this.#tellUnknownType(kind, type, id, path)
      return undefined
    }
    if (entry.type !== type) this.#tellAlias(entry, type, path)
    const loading = this.#factories.get(entry) ?? entry.load()
    this.#factories.set(entry, loading)
    try {
      const factory = await loading
      this.#tellStale(entry, path)
      return factory
    } catch (error) {
      const message = `cannot load the ${kind} "${type}" of ${entry.module}: ${messageOf(error)}`
      const suggestion = hintOf(error)
      this.#report.fault({
        code: 'component_not_loaded',
        path,
        message,
        at: 'key',
        ...(suggestion === undefined ? {} : { suggestion }),
      })
      return undefined
    }
  }

  /** One warning for each plugin component, however many instances there are. */
  #tellStale(entry: RegistryEntry, path: Path): void {
    if (this.#stalenessTold.has(entry) || entry.isStale?.() !== true) return
    this.#stalenessTold.add(entry)
    const message = `the plugin ${entry.module} has changed since its code was loaded`
    const suggestion = 'Restart to run the new code; a reload does not load code again.'
    this.#report.warn({ code: 'plugin_changed', path, message, suggestion, at: 'key' })
  }

  #tellUnknownType(kind: ComponentKind, type: string, id: string, path: Path): void {
    // What is listed and cannot be used may well be what has the type.
    const { registry, complete } = this.#known
    if (!complete) return
    const types = registry.entries.filter((entry) => entry.kind === kind).map((entry) => entry.type)
    const suggestion =
      adviceOnType(kind, type, registry, (known) => this.#report.nearest(type, known)) ??
      this.#known.advice(kind, type)
    this.#report.fault({
      code: 'unknown_type',
      path,
      message: `unknown type: "${type}" for id: "${id}" (valid values: [${types.toSorted().join(' ')}])`,
      at: 'key',
      ...(suggestion === undefined ? {} : { suggestion }),
    })
  }

  #pluginOf(kind: ComponentKind, type: string, key: Place): Pick<ComponentConfig, 'plugin'> {
    const entry = this.#known.registry.find(kind, type)
    if (entry?.origin === undefined) return {}
    const { line, column } = positionOf(key)
    const what = [entry.module, entry.version].filter((part) => part !== '').join(' ')
    const where = entry.origin === entry.module ? '' : ` in ${entry.origin}`
    return { plugin: `the plugin ${what}${where}, configured at ${key.source.name}:${line}:${column}` }
  }

  /** One warning for each alias, however many components use it (CFG-24). */
  #tellAlias(entry: RegistryEntry, alias: string, path: Path): void {
    const key = `${entry.kind}/${alias}`
    if (this.#aliasesTold.has(key)) return
    this.#aliasesTold.add(key)
    const message = `"${alias}" alias is deprecated; use "${entry.type}" instead`
    this.#report.warn({ code: 'deprecated_alias', path, message, suggestion: entry.type, at: 'key' })
  }
}

/** A fault of an id that is none. */
export function invalidId(text: string, message: string, path: Path): Fault {
  const meant = meantId(text)
  return {
    code: 'invalid_id',
    path,
    message,
    at: 'key',
    ...(meant === undefined ? {} : { suggestion: meant }),
  }
}

/** Checks what the schema cannot express. */
function validate(factory: AnyFactory, config: unknown, path: Path, tell: (fault: Fault) => void): void {
  try {
    factory.validate(config, (inner, message, suggestion) => {
      tell({
        code: 'invalid_setting',
        path: [...path, ...inner],
        message,
        at: 'value',
        ...(suggestion === undefined ? {} : { suggestion }),
      })
    })
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      tell({ code: 'invalid_setting', path, message: redactUrl(messageOf(error)) })
      return
    }
    for (const issue of error.issues) tell({ ...issue, path: [...path, ...issue.path] })
  }
}
