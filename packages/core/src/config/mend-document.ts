import type { ConfigIssue } from '../errors/config-error.ts'
import { checkConfig } from '../schema/check-config.ts'
import type { Path } from '../schema/issue.ts'
import type { ConfigSchema, ObjectSchema } from '../schema/schema.ts'
import { documentSchema, pipelineSchema, productSections, serviceSchema } from './document-schema.ts'
import { mend } from './mend.ts'
import { type ConfigNode, type MapNode, mapNode, toPlain } from './node.ts'
import { type Report, placeOf } from './report.ts'

/** Each mending copies the map that it mends. */
const mostMended = 100

/** One object for all loadings: compiled schemas are kept for as long as the process lives. */
const outline: ObjectSchema = { type: 'object', properties: { ...documentSchema, ...productSections } }

/**
 * Tells of keys that a document, its service and its pipelines do not know, and of sections that are no maps. Resolves
 * to the document as it was meant, so that what is inside of a misspelt or misplaced section is checked, too.
 */
export function mendDocument(root: MapNode, report: Report): MapNode {
  const document = new DocumentMender(root, report)
  document.check(outline, [], (issue) => inService(issue, document.root))
  document.check(serviceSchema, ['service'])
  for (const id of document.keysAt(['service', 'pipelines'])) {
    document.check(pipelineSchema, ['service', 'pipelines', id])
  }
  return document.root
}

class DocumentMender {
  root: MapNode
  readonly #report: Report

  constructor(root: MapNode, report: Report) {
    this.root = root
    this.#report = report
  }

  check(
    schema: ConfigSchema,
    path: Path,
    reword: (issue: ConfigIssue) => ConfigIssue = (issue) => issue,
  ): void {
    const node = mapAt(this.root, path)
    if (node === undefined) return
    const { issues } = checkConfig(schema, toPlain(node), path, 0)
    const unknown = issues
      .filter(({ code, path: at }) => code === 'unknown_key' && at.length === path.length + 1)
      .map(reword)
    for (const issue of unknown) this.#report.fault({ ...issue, place: placeOf(issue, this.root) })
    for (const issue of path.length === 0 ? issues : [])
      if (issue.code !== 'unknown_key') this.#report.fault(issue)
    for (const issue of unknown.slice(0, mostMended))
      this.root = movedToService(this.root, issue) ?? mended(this.root, issue)
  }

  keysAt(path: Path): readonly string[] {
    return [...(mapAt(this.root, path)?.entries.keys() ?? [])]
  }
}

function mended(root: MapNode, issue: ConfigIssue): MapNode {
  const node = mend(root, [issue])?.node
  return node?.kind === 'map' ? node : root
}

/** What belongs into `service` is often written beside it. */
function inService(issue: ConfigIssue, root: MapNode): ConfigIssue {
  const key = String(issue.path[0])
  if (!Object.hasOwn(serviceSchema.properties, key) || root.entries.has(`service::${key}`)) return issue
  return { ...issue, suggestion: `service::${key}` }
}

function movedToService(root: MapNode, { path, suggestion }: ConfigIssue): MapNode | undefined {
  const key = String(path[0])
  const entry = root.entries.get(key)
  if (path.length !== 1 || suggestion !== `service::${key}` || entry === undefined) return undefined
  const service = root.entries.get('service')
  const inner: ConfigNode | undefined = service?.node
  const known = inner?.kind === 'map' ? inner.entries : new Map<string, never>()
  const entries = new Map(root.entries)
  entries.delete(key)
  entries.set('service', {
    key: service?.key ?? entry.key,
    node: mapNode(new Map([[key, entry], ...known]), inner?.place ?? entry.node.place),
  })
  return mapNode(entries, root.place)
}

function mapAt(root: MapNode, path: Path): MapNode | undefined {
  let node: ConfigNode | undefined = root
  for (const part of path) node = node?.kind === 'map' ? node.entries.get(String(part))?.node : undefined
  return node?.kind === 'map' ? node : undefined
}
