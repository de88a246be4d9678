import { setTimeout as elapse } from 'node:timers/promises'

import type { AccountReading, CollectorView } from '@spanloom/core'

const patienceMs = 20_000

/** Where books are read: the admin server of a process, or a collector in this one. */
export type Books = URL | string | Pick<CollectorView, 'accounting'>

/**
 * Waits until nothing is in flight and no exporter holds anything any more, and resolves with the books if they
 * close: for every component `in + created = out + dropped + merged + held + kept` (TEL-10).
 *
 * @throws Error that shows the books which do not close.
 */
export async function closedBooks(source: Books): Promise<readonly AccountReading[]> {
  for (const deadline = performance.now() + patienceMs; ; await elapse(20)) {
    const books = await readBooks(source)
    const open = books.filter((book) => book.inFlight > 0 || !closes(book) || isSending(book))
    if (open.length === 0) return books
    if (performance.now() > deadline) {
      throw new Error(`These books do not close:\n${JSON.stringify(open, undefined, 2)}`)
    }
  }
}

/** The book of one component. */
export function bookOf(books: readonly AccountReading[], id: string): AccountReading {
  const book = books.find((each) => each.id === id)
  if (book === undefined) throw new Error(`There is no book of ${id}.`)
  return book
}

function closes(book: AccountReading): boolean {
  const dropped = Object.values(book.dropped).reduce((sum, count) => sum + count, 0)
  return book.in + book.created === book.out + dropped + book.merged + book.held + book.kept && book.balanced
}

function isSending({ kind, held }: AccountReading): boolean {
  return kind === 'exporter' && held > 0
}

async function readBooks(source: Books): Promise<readonly AccountReading[]> {
  if (typeof source === 'object' && 'accounting' in source) return source.accounting()
  const response = await fetch(new URL('/api/accounting', source))
  const { components } = (await response.json()) as { components: readonly AccountReading[] }
  return components
}
