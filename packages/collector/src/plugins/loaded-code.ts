import { createHash } from 'node:crypto'

/** What files had in them when their code was loaded. Node.js loads a file once for each process, and so is this. */
const prints = new Map<string, string>()

/** Whether a file of that version has other content than when it was first asked about, which is when it is loaded. */
export function hasChanged(file: string, content: Uint8Array, version = ''): boolean {
  const print = createHash('sha256').update(version).update(content).digest('base64')
  const before = prints.get(file) ?? print
  prints.set(file, before)
  return before !== print
}
