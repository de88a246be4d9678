import { statSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'

import { AppendTable } from './append-table.ts'
import { ballastOf, DiskRoom, type RoomOptions } from './disk-room.ts'
import { type Fault, faultOf } from './fault.ts'
import { IndexTable } from './index-table.ts'
import {
  type DatabaseOptions,
  markClean,
  type OpenDatabase,
  openDatabase,
  pageSize,
} from './open-database.ts'
import { type Call, effectOf, type Operation, perform, type ResultOf, type Tables } from './operations.ts'
import { QueueTable } from './queue-table.ts'

export interface FileOptions extends DatabaseOptions, RoomOptions {}

/** What became of opening a file. */
export type OpenedFile = Pick<OpenDatabase, 'unclean' | 'aside'>

export type Outcome = { readonly result: ResultOf<Operation> } | { readonly fault: Fault }

/** Pages that the vacuum leaves free: the next records would only have to claim them again. */
const sparePages = 1_024
const vacuumStep = 2_000
const expireStep = 500

/** The file of one owner, synchronous: everything here blocks its thread. */
export class StoreFile implements Tables {
  readonly queue: QueueTable
  readonly fragments: AppendTable
  readonly index: IndexTable
  readonly opened: OpenedFile
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #room: DiskRoom
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  readonly #report: (fault: Fault | undefined) => void
  #trouble: Fault | undefined
  #damaged = false

  /**
   * `report` is called when the file gets into trouble, with another fault than before, and with `undefined` when it
   * takes data again.
   *
   * @throws FaultError or an error of SQLite; see `faultOf`.
   */
  constructor(options: FileOptions, report: (fault: Fault | undefined) => void = () => undefined) {
    const { database, unclean, aside } = openWithRoom(options)
    try {
      this.#path = options.path
      this.#database = database
      this.#report = report
      this.opened = { unclean, ...(aside === undefined ? {} : { aside }) }
      if (aside !== undefined) this.#trouble = { kind: 'damaged', message: aside.reason }
      this.queue = new QueueTable(database)
      this.fragments = new AppendTable(database)
      this.index = new IndexTable(database)
      this.#begin = database.prepare('BEGIN IMMEDIATE')
      this.#commit = database.prepare('COMMIT')
      this.#room = new DiskRoom(database, options)
    } catch (error) {
      database.close()
      throw error
    }
  }

  get hasBallast(): boolean {
    return this.#room.hasBallast
  }

  fileBytes(): number {
    return this.#room.pages * pageSize + (statSync(`${this.#path}-wal`, { throwIfNoEntry: false })?.size ?? 0)
  }

  /**
   * Carries out calls in one transaction (OUT-02). When that fails each gets one of its own, so that only those at fault
   * see the fault. When this returns, everything that has a result is committed.
   */
  run(calls: readonly Call[], nowMs: number): readonly Outcome[] {
    const refusals = this.#refusals(calls)
    const admitted = calls.filter((_call, at) => refusals[at] === undefined)
    const performed = this.#together(admitted, nowMs) ?? admitted.map((call) => this.#alone(call, nowMs))
    let next = 0
    const outcomes = refusals.map((fault): Outcome => {
      const outcome = fault === undefined ? performed[next++] : { fault }
      return outcome ?? { fault: { kind: 'failed', message: 'The call was lost.' } }
    })
    this.#tell(calls, outcomes)
    return outcomes
  }

  /**
   * One step of what should be done now and then: forgets what has expired and, when the file is `idle` or has no room,
   * gives free pages back to the disk (OUT-08). Answers whether there is more to do.
   */
  maintain(nowMs: number, idle: boolean): boolean {
    try {
      if (this.index.expire(nowMs, expireStep) === expireStep) return true
      if (!idle && this.#trouble?.kind !== 'full') return false
      const pages = Math.min(vacuumStep, this.#room.freePages - sparePages)
      if (pages > 0) {
        this.#database.exec(`PRAGMA incremental_vacuum(${pages})`)
        this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
        return pages === vacuumStep
      }
      this.#room.tend()
    } catch (error) {
      this.#note(this.#faultOf(error))
    }
    return false
  }

  /** Marks the file clean if it can. Nothing may be called afterwards. */
  close(): void {
    try {
      if (!this.#damaged) {
        markClean(this.#database)
        this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      }
    } catch {
      // Without the mark the file is checked when it is opened next, which is all that it stands for.
    } finally {
      this.#database.close()
    }
  }

  #refusals(calls: readonly Call[]): readonly (Fault | undefined)[] {
    let taking = 0
    let shortageOf: ((bytes: number) => string | undefined) | undefined
    return calls.map((call) => {
      if (effectOf(call) !== 'take') return undefined
      shortageOf ??= this.#room.measure()
      const shortage = shortageOf(taking + call.bytes)
      if (shortage !== undefined) return { kind: 'full', message: shortage }
      taking += call.bytes
      return undefined
    })
  }

  /** `undefined` when it failed and each call should be tried alone. */
  #together(calls: readonly Call[], nowMs: number): readonly Outcome[] | undefined {
    if (calls.length === 1) return undefined
    try {
      return this.#transact(calls, nowMs)
    } catch {
      return undefined
    }
  }

  #alone(call: Call, nowMs: number): Outcome {
    for (let attempt = 0; ; attempt++) {
      try {
        const [outcome] = this.#transact([call], nowMs)
        if (outcome !== undefined) return outcome
      } catch (error) {
        const fault = this.#faultOf(error)
        if (fault.kind === 'full' && effectOf(call) === 'release' && this.#room.makeRoom(attempt)) continue
        // What cannot be read is gone for its owner, who drops the record and goes on (EXP-43).
        const isLostBody = call.operation === 'body' && fault.kind === 'damaged'
        if (!isLostBody) this.#damaged ||= fault.kind === 'damaged'
        this.#note(fault)
        if (isLostBody) return { result: undefined }
        return fault.kind === 'damaged' && call.operation === 'read'
          ? this.#undamaged(call.arguments.sequences, fault)
          : { fault }
      } finally {
        if (attempt > 0) this.#room.settle()
      }
    }
  }

  /** One damaged page does not keep the owner from what lies on others. */
  #undamaged(sequences: readonly number[], fault: Fault): Outcome {
    try {
      return { result: this.fragments.readUndamaged(sequences) }
    } catch {
      return { fault }
    }
  }

  /** Some work of SQLite tells of a full disk only as a failure of input or output. */
  #faultOf(error: unknown): Fault {
    const fault = faultOf(error)
    return fault.kind === 'failed' && this.#room.isDiskFull() ? { ...fault, kind: 'full' } : fault
  }

  #transact(calls: readonly Call[], nowMs: number): readonly Outcome[] {
    const work = (): readonly Outcome[] => calls.map((call) => ({ result: perform(this, call, nowMs) }))
    if (calls.every((call) => effectOf(call) === 'read')) return work()
    const { counters } = this.queue
    try {
      this.#rollback()
      this.#begin.run()
      const outcomes = work()
      this.#commit.run()
      return outcomes
    } catch (error) {
      this.queue.counters = counters
      this.#rollback()
      throw error
    }
  }

  /** A full disk can end the transaction before we do, and a broken one can keep us from ending it. */
  #rollback(): void {
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
  }

  #tell(calls: readonly Call[], outcomes: readonly Outcome[]): void {
    let took = false
    for (const [at, outcome] of outcomes.entries()) {
      if ('fault' in outcome) return this.#note(outcome.fault)
      const call = calls[at]
      took ||= call !== undefined && effectOf(call) === 'take'
    }
    if (!took || this.#trouble === undefined || this.#damaged) return
    this.#trouble = undefined
    this.#report(undefined)
  }

  #note(fault: Fault): void {
    if (this.#trouble?.kind === fault.kind) return
    this.#trouble = fault
    this.#report(fault)
  }
}

/** A disk that is full already must not keep stored data from being sent. */
function openWithRoom(options: FileOptions): OpenDatabase {
  try {
    return openDatabase(options)
  } catch (error) {
    const { kind } = faultOf(error)
    // Opening a log on a full disk fails as input or output.
    if ((kind !== 'full' && kind !== 'failed') || !ballastOf(options).remove()) throw error
    return openDatabase(options)
  }
}
