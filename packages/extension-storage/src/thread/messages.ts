import type { Fault } from '../database/fault.ts'
import type { Call, Operation, ResultOf } from '../database/operations.ts'
import type { FileOptions, OpenedFile } from '../database/store-file.ts'

/** What the main thread asks for. Files are known by a number that the main thread chooses. */
export type Request = FileRequest | OpenRequest | CloseRequest

interface Numbered {
  /** Comes back with the answer. */
  readonly id: number
  readonly file: number
}

/** Work on an open file. */
export interface FileRequest extends Numbered {
  readonly kind: 'call'
  /** Wall time of the owner, in milliseconds since 1970. */
  readonly nowMs: number
  readonly call: Call
}

export interface OpenRequest extends Numbered {
  readonly kind: 'open'
  readonly options: FileOptions
}

/** Commits what waits before it closes. */
export interface CloseRequest extends Numbered {
  readonly kind: 'close'
}

/** Requests of one turn of the main thread's event loop. */
export interface ToThread {
  readonly requests: readonly Request[]
  /** Transferred; holds the bytes that the requests refer to, and goes back when they are answered. */
  readonly buffer?: ArrayBuffer
}

/** Outcome of a request. */
export type Answer =
  | { readonly id: number; readonly result: ResultOf<Operation> | OpenedFile | undefined }
  | { readonly id: number; readonly fault: Fault }

/** What the main thread should know about a file although it did not ask. */
export interface FileEvent {
  readonly file: number
  /** Present: something is wrong with the file from now on; absent: it works again. */
  readonly fault?: Fault
}

export interface FromThread {
  readonly answers: readonly Answer[]
  readonly events: readonly FileEvent[]
  /** Buffers of `ToThread` that are free again. */
  readonly buffers: readonly ArrayBuffer[]
}
