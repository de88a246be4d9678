import type { Statement } from 'oxc-parser'

/** The name that a statement declares. */
export function nameOf(statement: Statement): string | undefined {
  if (statement.type === 'VariableDeclaration') {
    const [first] = statement.declarations
    return first?.id.type === 'Identifier' ? first.id.name : undefined
  }
  return 'id' in statement && statement.id?.type === 'Identifier' ? statement.id.name : undefined
}

/** Where in the syntax a name stands that is declared elsewhere. */
const nameHolders: Readonly<Record<string, string>> = {
  TSTypeReference: 'typeName',
  TSTypeQuery: 'exprName',
  TSInterfaceHeritage: 'expression',
  TSClassImplements: 'expression',
  ClassDeclaration: 'superClass',
}

/** The names of types and values that a declaration uses; of a qualified name the first part. */
export function namesUsed(declaration: Statement): ReadonlySet<string> {
  const names = new Set<string>()
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit)
    if (!isNode(node)) return
    const holder = nameHolders[node.type]
    const name = holder === undefined ? undefined : firstName(node[holder])
    if (name !== undefined) names.add(name)
    for (const [key, child] of Object.entries(node)) if (key !== 'parent') visit(child)
  }
  visit(declaration)
  return names
}

function firstName(node: unknown): string | undefined {
  if (!isNode(node)) return undefined
  if (node.type === 'TSQualifiedName') return firstName(node['left'])
  return node.type === 'Identifier' && typeof node['name'] === 'string' ? node['name'] : undefined
}

function isNode(value: unknown): value is { readonly type: string; readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
