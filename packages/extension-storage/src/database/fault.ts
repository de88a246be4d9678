/** What can be wrong with a file; plain data, so that it can cross threads. */
export interface Fault {
  readonly kind: FaultKind
  /** A sentence without the path. */
  readonly message: string
}

/**
 * `full`: no room. `in_use`: another process has the lock. `damaged`: the file cannot be read. `unwritable`: the
 * operating system does not let us write. `foreign`: the file is intact and not ours to use. `failed`: all else.
 */
export type FaultKind = 'full' | 'in_use' | 'damaged' | 'unwritable' | 'foreign' | 'failed'

/** An error that carries a fault through synchronous code. */
export class FaultError extends Error {
  readonly kind: FaultKind

  constructor(kind: FaultKind, message: string) {
    super(message)
    this.kind = kind
  }
}

/** Primary result codes of SQLite (https://sqlite.org/rescode.html). */
const kinds: ReadonlyMap<number, FaultKind> = new Map([
  [3, 'unwritable'],
  [5, 'in_use'],
  [6, 'in_use'],
  [8, 'unwritable'],
  [11, 'damaged'],
  [13, 'full'],
  [14, 'unwritable'],
  [23, 'unwritable'],
  [26, 'damaged'],
])

const systemKinds: ReadonlyMap<string, FaultKind> = new Map([
  ['EACCES', 'unwritable'],
  ['EDQUOT', 'full'],
  ['ENOSPC', 'full'],
  ['EPERM', 'unwritable'],
  ['EROFS', 'unwritable'],
])

/** What an error of SQLite, of the file system or of our own means. */
export function faultOf(error: unknown): Fault {
  const message = error instanceof Error ? error.message : String(error)
  return { kind: kindOf(error), message }
}

function kindOf(error: unknown): FaultKind {
  if (!(error instanceof Error)) return 'failed'
  if (error instanceof FaultError) return error.kind
  if ('errcode' in error && typeof error.errcode === 'number') {
    return kinds.get(error.errcode & 0xff) ?? 'failed'
  }
  if ('code' in error && typeof error.code === 'string') return systemKinds.get(error.code) ?? 'failed'
  return 'failed'
}
