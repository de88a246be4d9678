import { messageOf } from '../errors/errors.ts'
import { createCandidates, type Candidates } from './candidates.ts'
import type { Generation, Parts } from './generation.ts'
import { startOne, stopOne } from './lifecycle.ts'
import { createPipelineMember, type Member, type PipelineMember } from './member.ts'
import { mayOverlap } from './overlap.ts'
import { connect } from './pipelines.ts'
import type { ReloadPlan } from './reload-plan.ts'
import { stopMember, stopMembers } from './stop-pipelines.ts'

/** How long one step of a reload may take: see `service.shutdown_timeout`. */
export type Limit = <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>

/**
 * Exchanges the parts of a generation that a new configuration changes, while all others go on.
 *
 * New instances start downstream first, beside the old ones where they may; then all edges are switched in one turn
 * of the event loop; receivers come last. Whatever fails is undone in reverse order. What was replaced or removed is
 * stopped afterwards, upstream first, when the calls into it have ended.
 */
export class PartialReload {
  readonly #generation: Generation
  readonly #plan: ReloadPlan
  readonly #before: Parts
  readonly #candidates: Candidates
  readonly #limit: Limit
  /** Instances that have been stopped already because nothing may run beside them. */
  readonly #stopped = new Set<Member>()
  /** Instances that took the place of stopped ones when the reload was undone. */
  readonly #revived = new Map<string, PipelineMember>()
  readonly #undo: (() => Promise<void> | void)[] = []

  /** @throws StartError naming what could not be created. */
  constructor(generation: Generation, plan: ReloadPlan, config: Parts['config'], limit: Limit) {
    this.#generation = generation
    this.#plan = plan
    this.#before = generation.parts
    this.#limit = limit
    this.#candidates = createCandidates(plan, config, generation.parts, generation.around)
  }

  /**
   * Starts what is new and switches to it. `signal` ends waiting for starts.
   *
   * @throws StartError of what cannot start; everything is as it was before then.
   */
  async apply(signal: AbortSignal): Promise<void> {
    const { acceptors, accounts } = this.#generation.around
    const { parts, extensions } = this.#candidates
    const { graph } = parts.pipelines
    acceptors.park()
    for (const { host } of this.#outgoing) host.leaving = true
    try {
      for (const member of extensions) await this.#startBeside(member, signal)
      for (const { key, kind } of graph.startOrder) {
        if (kind !== 'receiver') await this.#startMember(key, signal)
      }
      this.#switch(parts, this.#before)
      this.#undo.push(() => this.#switch(this.#before, parts))
      for (const { key, kind } of graph.startOrder)
        if (kind === 'receiver') await this.#startMember(key, signal)
    } catch (error) {
      for (const undo of this.#undo.toReversed()) await undo()
      for (const { host } of this.#outgoing) host.leaving = false
      for (const member of this.#incoming) member.forget()
      this.#becomeRevived()
      accounts.keepOnly(this.#generation.parts.pipelines.members)
      throw error
    } finally {
      acceptors.settle()
    }
    this.#commit()
  }

  /** Stops what is left of the old instances. Never rejects. */
  async retire(): Promise<void> {
    const { clock, accounts } = this.#generation.around
    const { graph, members, ports } = this.#before.pipelines
    const old = graph.startOrder.flatMap(({ key }) => {
      const member = members.get(key)
      return member !== undefined && this.#isOutgoing(key) && !this.#stopped.has(member) ? [member] : []
    })
    for (const { component, instance } of old) {
      const heir = this.#candidates.members.get(instance.node.key)?.instance.consumer
      if (heir !== undefined) component.succeededBy?.(heir)
    }
    await this.#limit((signal) => stopMembers(old, signal, clock, stopMember))
    for (const [id, member] of [...this.#before.extensions].toReversed()) {
      if (this.#candidates.parts.extensions.get(id) === member || this.#stopped.has(member)) continue
      await this.#limit((signal) => stopOne(member, signal, clock))
    }
    for (const key of this.#plan.nodes.removed) ports.get(key)?.use(undefined)
    for (const member of this.#outgoing) member.forget()
    accounts.keepOnly(this.#generation.parts.pipelines.members)
  }

  get #incoming(): readonly Member[] {
    return [...this.#candidates.extensions, ...this.#candidates.members.values()]
  }

  get #outgoing(): readonly Member[] {
    const { extensions, pipelines } = this.#before
    const oldExtensions = [...extensions].filter(
      ([id, member]) => this.#candidates.parts.extensions.get(id) !== member,
    )
    const oldMembers = [...pipelines.members].filter(([key]) => this.#isOutgoing(key))
    return [...oldExtensions, ...oldMembers].map(([, member]) => member)
  }

  #isOutgoing(key: string): boolean {
    return this.#plan.nodes.replaced.has(key) || this.#plan.nodes.removed.has(key)
  }

  async #startMember(key: string, signal: AbortSignal): Promise<void> {
    const { parts, members } = this.#candidates
    const candidate = members.get(key)
    const node = parts.pipelines.graph.nodes.get(key)
    if (candidate === undefined || node === undefined) return
    const old = this.#before.pipelines.members.get(key)
    connect(candidate, node, parts.pipelines.ports)
    if (old !== undefined && !mayOverlap(old)) return this.#exchange(key, old, candidate, signal)
    await this.#startBeside(candidate, signal)
    if (old === undefined) parts.pipelines.ports.get(key)?.use(candidate.instance.entry)
  }

  async #startBeside(member: Member | PipelineMember, signal: AbortSignal): Promise<void> {
    const { clock } = this.#generation.around
    this.#undo.push(() =>
      this.#limit(async (limit) => {
        await ('instance' in member ? stopMember(member, limit, clock) : stopOne(member, limit, clock))
      }),
    )
    await startOne(member, member.host, signal)
  }

  /** Stops the old instance, then starts the new one; calls wait meanwhile. */
  async #exchange(
    key: string,
    old: PipelineMember,
    candidate: PipelineMember,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#generation.around
    const port = this.#candidates.parts.pipelines.ports.get(key)
    port?.close()
    this.#undo.push(async () => {
      port?.close()
      await this.#limit((limit) => stopMember(candidate, limit, clock))
      await this.#revive(key, old)
      port?.open()
    })
    await this.#limit((limit) => stopMember(old, limit, clock))
    this.#stopped.add(old)
    old.forget()
    await startOne(candidate, candidate.host, signal)
    port?.use(candidate.instance.entry)
    port?.open()
  }

  /** Puts an instance with the old settings in the place of one that was stopped. */
  async #revive(key: string, old: PipelineMember): Promise<void> {
    const { pipelines, shared } = this.#before
    const { around } = this.#generation
    const find = (id: string) => this.#before.extensions.get(id)?.component
    const { node } = old.instance
    try {
      const member = createPipelineMember(node, old.config, around, { find, shared })
      this.#revived.set(key, member)
      connect(member, node, pipelines.ports)
      member.show()
      await startOne(member, member.host)
      pipelines.ports.get(key)?.use(member.instance.entry)
    } catch (error) {
      pipelines.ports.get(key)?.use(undefined)
      old.logger.error('The component could not be started again with its old settings.', {
        error: messageOf(error),
      })
    }
  }

  /** Wires everything as `to` says, in one turn of the event loop. */
  #switch(to: Parts, from: Parts): void {
    const { graph, members, ports } = to.pipelines
    for (const [key, member] of members) {
      const node = graph.nodes.get(key)
      if (node !== undefined) connect(member, node, ports)
      const other = from.pipelines.members.get(key)
      if (
        other !== member &&
        !this.#stopped.has(member) &&
        (other === undefined || !this.#stopped.has(other))
      ) {
        ports.get(key)?.use(member.instance.entry)
      }
    }
  }

  #becomeRevived(): void {
    const { pipelines } = this.#before
    const members = new Map([...pipelines.members, ...this.#revived])
    this.#generation.become({ ...this.#before, pipelines: { ...pipelines, members } })
  }

  #commit(): void {
    const { parts, members } = this.#candidates
    this.#generation.become(parts)
    for (const member of this.#outgoing) member.hide()
    for (const member of this.#incoming) member.show()
    const { find } = this.#generation
    for (const { host } of parts.extensions.values()) host.movedTo(find)
    for (const [key, member] of parts.pipelines.members) {
      member.host.movedTo(find)
      const pipelines = parts.pipelines.graph.nodes.get(key)?.pipelines
      if (pipelines !== undefined) member.movedTo(pipelines)
    }
    this.#generation.logStability(members.values())
    this.#generation.tell('ready', this.#candidates.extensions)
  }
}
