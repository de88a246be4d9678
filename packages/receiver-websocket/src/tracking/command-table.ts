import { CommandList } from './command-list.ts'
import type { Command } from './command.ts'
import { MultiMap } from './multi-map.ts'

interface Scope {
  readonly requests: MultiMap<Command>
  /**
   * Made when somebody looks for an id. As long as answers name their request and bring its id back nobody does, and
   * to keep it would cost as much as the requests.
   */
  traceIds: MultiMap<Command> | undefined
  /** Its commands. */
  size: number
}

/** How an answer is matched with its command (`websocket.md` section 7). */
export interface MatchQuery {
  readonly scope: string
  /** The id in the answer's body. */
  readonly requestId: string | undefined
  /** The operation that the answer's path names. */
  readonly operation: string | undefined
  /** The id in the answer's header. */
  readonly traceId: string | undefined
}

/** The commands that an answer may still find. Knows no time; the oldest come first everywhere. */
export class CommandTable {
  readonly #scopes = new Map<string, Scope>()
  readonly open: CommandList = new CommandList()
  readonly late: CommandList = new CommandList()

  get size(): number {
    return this.open.size + this.late.size
  }

  /** Takes a command whose state is `open` or `late`. */
  add(command: Command): void {
    const { scope } = command.origin
    let known = this.#scopes.get(scope)
    if (known === undefined)
      this.#scopes.set(scope, (known = { requests: new MultiMap(), traceIds: undefined, size: 0 }))
    known.size++
    if (command.requestId !== undefined) known.requests.add(command.requestId, command)
    if (isIndexed(command)) known.traceIds?.add(command.verbatimTraceId ?? '', command)
    if (command.state === 'late') this.late.push(command)
    else this.open.push(command)
  }

  /** A command that has ended stays to be found until it is removed. */
  keepLate(command: Command): void {
    this.open.remove(command)
    this.late.push(command)
    command.state = 'late'
  }

  remove(command: Command): void {
    if (command.state === 'ended') return
    this.open.remove(command)
    this.late.remove(command)
    command.state = 'ended'
    const { scope } = command.origin
    const known = this.#scopes.get(scope)
    if (known === undefined) return
    if (command.requestId !== undefined) known.requests.delete(command.requestId, command)
    if (isIndexed(command)) known.traceIds?.delete(command.verbatimTraceId ?? '', command)
    if (--known.size === 0) this.#scopes.delete(scope)
  }

  /** The first delivery of a request that is still open. */
  firstOpen(
    scope: string,
    requestId: string,
  ): { readonly first: Command; readonly count: number } | undefined {
    const same = this.#requests(scope, requestId)
    if (same.length === 0) return undefined
    const open = same.filter(({ state }) => state === 'open')
    const [first] = open
    return first && { first, count: open.length }
  }

  /**
   * The command that an answer belongs to. The id in the body goes before the header: otherwise swapped ids would
   * never be noticed, and one trace id may cover several commands.
   */
  match({ scope, requestId, operation, traceId }: MatchQuery): Command | undefined {
    const byRequest = requestId === undefined ? [] : this.#requests(scope, requestId)
    if (byRequest.length > 0) return choose(byRequest, traceId)
    if (traceId === undefined) return undefined
    return choose(
      this.#withTraceId(scope, traceId).filter(
        (command) => operation === undefined || command.operation === operation,
      ),
      traceId,
    )
  }

  /** Whether another open command of the scope has this id. */
  isOther(command: Command, traceId: string): boolean {
    return this.#withTraceId(command.origin.scope, traceId).some(
      (each) => each !== command && each.state === 'open',
    )
  }

  #withTraceId(scope: string, traceId: string): readonly Command[] {
    const known = this.#scopes.get(scope)
    if (known === undefined) return []
    known.traceIds ??= this.#indexed(scope)
    return known.traceIds.get(traceId)
  }

  #indexed(scope: string): MultiMap<Command> {
    const index = new MultiMap<Command>()
    const all = [...this.late.all(), ...this.open.all()].filter(({ origin }) => origin.scope === scope)
    for (const command of all.toSorted((one, other) => one.receivedAt - other.receivedAt))
      if (isIndexed(command)) index.add(command.verbatimTraceId ?? '', command)
    return index
  }

  #requests(scope: string, requestId: string): readonly Command[] {
    return this.#scopes.get(scope)?.requests.get(requestId) ?? []
  }
}

/** Nobody asks for the id of a command without an answer unless it has no other name. */
const isIndexed = ({ verbatimTraceId, oneWay, requestId }: Command): boolean =>
  verbatimTraceId !== undefined && !(oneWay && requestId !== undefined)

/** Open commands before ended ones, those without an answer before those with one; there the id decides, else age. */
function choose(candidates: readonly Command[], traceId: string | undefined): Command | undefined {
  const ranks: readonly ((command: Command) => boolean)[] = [
    ({ state, claimed }) => state === 'open' && !claimed,
    ({ state, claimed }) => state === 'late' && !claimed,
    () => true,
  ]
  for (const rank of ranks) {
    const ranked = candidates.filter(rank)
    if (ranked.length > 0) return ranked.find((each) => each.verbatimTraceId === traceId) ?? ranked[0]
  }
  return undefined
}
