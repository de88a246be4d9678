import { randomUUID } from 'node:crypto'

import type { Clock, Timer } from '@spanloom/core'

import { errorCode } from './api.ts'

/** How a member may be assigned partitions; `metadata` is the members' own. */
export interface GroupProtocol {
  readonly name: string
  readonly metadata: Buffer
}

/** A request to join. */
export interface JoinRequest {
  readonly memberId: string
  readonly clientId: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocols: readonly GroupProtocol[]
  /** Whether a new member has to come a second time with the id that it is given (version 4 and later). */
  readonly needsMemberId: boolean
}

/** The answer to a join. */
export interface JoinResult {
  readonly error: number
  readonly memberId: string
  readonly generation: number
  readonly protocol: string
  readonly leader: string
  /** All members, told to the leader only. */
  readonly members: readonly { readonly id: string; readonly metadata: Buffer }[]
}

/** The answer to a sync. */
export interface SyncResult {
  readonly error: number
  readonly assignment: Buffer
}

interface Member {
  readonly id: string
  protocols: readonly GroupProtocol[]
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  assignment: Buffer
  session?: Timer
  joining?: (result: JoinResult) => void
  syncing?: (result: SyncResult) => void
}

/** How long the first members of a group wait for others, which start at the same time as a rule. */
const gatherMs = 50
const nothing = Buffer.alloc(0)

/** Members that share the partitions of a hub; they decide among themselves who reads what. */
export class ConsumerGroup {
  readonly #clock: Clock
  readonly #members = new Map<string, Member>()
  /** Ids that were given out, and have not come back yet. */
  readonly #promised = new Set<string>()
  #phase: 'empty' | 'joining' | 'syncing' | 'stable' = 'empty'
  #generation = 0
  #leader = ''
  #protocol = ''
  #deadline: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  join(request: JoinRequest): Promise<JoinResult> {
    const { memberId, protocols } = request
    const known = this.#members.get(memberId)
    if (memberId !== '' && known === undefined && !this.#isPromised(memberId)) {
      return Promise.resolve(joinError(errorCode.unknownMemberId, memberId))
    }
    if (memberId === '' && request.needsMemberId) {
      return Promise.resolve(joinError(errorCode.memberIdRequired, this.#promise(request.clientId)))
    }
    const others = [...this.#members.values()].filter(({ id }) => id !== memberId)
    if (
      others.length > 0 &&
      this.#commonProtocol([...others.map((other) => other.protocols), protocols]) === undefined
    ) {
      return Promise.resolve(joinError(errorCode.inconsistentGroupProtocol, memberId))
    }
    const member = known ?? {
      id: memberId === '' ? newId(request.clientId) : memberId,
      ...request,
      assignment: nothing,
    }
    this.#promised.delete(member.id)
    member.protocols = protocols
    member.sessionTimeoutMs = request.sessionTimeoutMs
    member.rebalanceTimeoutMs = request.rebalanceTimeoutMs
    this.#members.set(member.id, member)
    return new Promise((resolve) => {
      member.joining = resolve
      this.#touch(member)
      this.#rebalance()
    })
  }

  sync(memberId: string, generation: number, assignments: ReadonlyMap<string, Buffer>): Promise<SyncResult> {
    const member = this.#members.get(memberId)
    const error = this.#check(member, generation)
    if (member === undefined || error !== errorCode.none)
      return Promise.resolve({ error, assignment: nothing })
    this.#touch(member)
    if (this.#phase === 'syncing' && memberId === this.#leader) {
      for (const each of this.#members.values()) each.assignment = assignments.get(each.id) ?? nothing
      this.#phase = 'stable'
      for (const each of this.#members.values()) answerSync(each, errorCode.none)
    }
    if (this.#phase === 'stable')
      return Promise.resolve({ error: errorCode.none, assignment: member.assignment })
    return new Promise((resolve) => {
      member.syncing = resolve
    })
  }

  heartbeat(memberId: string, generation: number): number {
    const member = this.#members.get(memberId)
    const error = this.#check(member, generation)
    if (member !== undefined && error !== errorCode.illegalGeneration) this.#touch(member)
    return error
  }

  leave(memberId: string): number {
    const member = this.#members.get(memberId)
    if (member === undefined) return errorCode.unknownMemberId
    this.#remove(member)
    if (this.#members.size > 0) this.#rebalance()
    else this.#phase = 'empty'
    return errorCode.none
  }

  /** Whether a member may commit: it is one of the present generation, or nobody manages the group. */
  mayCommit(memberId: string, generation: number): number {
    if (generation < 0 && this.#members.size === 0) return errorCode.none
    const member = this.#members.get(memberId)
    if (member === undefined) return errorCode.unknownMemberId
    this.#touch(member)
    return generation === this.#generation ? errorCode.none : errorCode.illegalGeneration
  }

  /** Stops all timers. */
  close(): void {
    this.#deadline?.cancel()
    for (const member of this.#members.values()) member.session?.cancel()
  }

  #promise(clientId: string): string {
    const id = newId(clientId)
    if (this.#promised.size < 1000) this.#promised.add(id)
    return id
  }

  #isPromised(memberId: string): boolean {
    return this.#promised.has(memberId)
  }

  #check(member: Member | undefined, generation: number): number {
    if (member === undefined) return errorCode.unknownMemberId
    if (generation !== this.#generation) return errorCode.illegalGeneration
    return this.#phase === 'joining' ? errorCode.rebalanceInProgress : errorCode.none
  }

  #touch(member: Member): void {
    member.session?.cancel()
    member.session = this.#clock.schedule(member.sessionTimeoutMs, () => {
      // Whoever waits for an answer is alive.
      if (member.joining !== undefined || member.syncing !== undefined) this.#touch(member)
      else if (this.#members.get(member.id) === member) this.leave(member.id)
    })
  }

  #remove(member: Member): void {
    member.session?.cancel()
    this.#members.delete(member.id)
    member.joining?.(joinError(errorCode.unknownMemberId, member.id))
    answerSync(member, errorCode.unknownMemberId)
  }

  /** Asks everybody to join again; the others learn it from their heartbeats. */
  #rebalance(): void {
    const members = [...this.#members.values()]
    const isNew = this.#phase === 'empty'
    this.#phase = 'joining'
    for (const member of members) answerSync(member, errorCode.rebalanceInProgress)
    this.#deadline?.cancel()
    if (isNew || members.every(({ joining }) => joining !== undefined)) {
      this.#deadline = this.#clock.schedule(gatherMs, () => this.#begin())
      return
    }
    const patience = Math.max(...members.map(({ rebalanceTimeoutMs }) => rebalanceTimeoutMs))
    this.#deadline = this.#clock.schedule(patience, () => {
      for (const member of members) if (member.joining === undefined) this.#remove(member)
      this.#begin()
    })
  }

  /** Begins a generation with the members that have joined. */
  #begin(): void {
    const members = [...this.#members.values()]
    const first = members.find(({ id }) => id === this.#leader) ?? members[0]
    if (first === undefined) {
      this.#phase = 'empty'
      return
    }
    this.#generation += 1
    this.#leader = first.id
    this.#protocol = this.#commonProtocol(members.map(({ protocols }) => protocols)) ?? ''
    this.#phase = 'syncing'
    const told = members.map(({ id, protocols }) => ({
      id,
      metadata: protocols.find(({ name }) => name === this.#protocol)?.metadata ?? nothing,
    }))
    for (const member of members) {
      const answer = member.joining
      delete member.joining
      member.assignment = nothing
      this.#touch(member)
      answer?.({
        error: errorCode.none,
        memberId: member.id,
        generation: this.#generation,
        protocol: this.#protocol,
        leader: first.id,
        members: member === first ? told : [],
      })
    }
  }

  #commonProtocol(all: readonly (readonly GroupProtocol[])[]): string | undefined {
    const [first = [], ...rest] = all
    return first.find(({ name }) => rest.every((protocols) => protocols.some((other) => other.name === name)))
      ?.name
  }
}

function answerSync(member: Member, error: number): void {
  const answer = member.syncing
  delete member.syncing
  answer?.({ error, assignment: error === errorCode.none ? member.assignment : nothing })
}

function joinError(error: number, memberId: string): JoinResult {
  return { error, memberId, generation: -1, protocol: '', leader: '', members: [] }
}

function newId(clientId: string): string {
  return `${clientId}-${randomUUID()}`
}
