import { forEachChild, parse, type SyntaxNode } from 'unbash'

/** A command of a shell script: a program and its arguments, without quotes. */
export interface ShellCommand {
  /** 1-based line of the script. */
  readonly line: number
  readonly words: readonly string[]
}

/** The commands of a shell script in the order in which they are written, and what is no shell. */
export function shellCommands(script: string): {
  readonly commands: readonly ShellCommand[]
  readonly faults: readonly { readonly line: number; readonly message: string }[]
} {
  const commands: ShellCommand[] = []
  const lineAt = (offset: number): number => script.slice(0, offset).split('\n').length
  const visit = (node: SyntaxNode): void => {
    if (node.type === 'Command' && node.name !== undefined) {
      const args = node.args.map((arg) => (arg.type === 'Word' ? arg.value : arg.text))
      commands.push({ line: lineAt(node.pos), words: [node.name.value, ...args] })
    }
    forEachChild(node, visit)
  }
  const { errors = [], ...parsed } = parse(script)
  visit(parsed)
  return { commands, faults: errors.map(({ message, pos }) => ({ line: lineAt(pos), message })) }
}
