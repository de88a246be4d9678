import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

import type { Fault, Page } from './page.ts'

/** Links that lead nowhere: files of the repository that do not exist, and headings that a page does not have. */
export function linkFaults(pages: readonly Page[], repository: string): readonly Fault[] {
  const byName = new Map(pages.map((page) => [page.name, page]))
  return pages.flatMap((page) =>
    page.links.flatMap(({ line, target }) => {
      const inside = target.replace(/^https:\/\/github\.com\/spanloom\/spanloom\/(?:blob|tree)\/main\//, '/')
      if (/^[a-z]+:/.test(inside)) return []
      const [path = '', anchor] = inside.split('#')
      const name = fileOf(page.name, path)
      const missing = !existsSync(join(repository, name))
      if (missing) return [{ page: page.name, line, message: `${target} leads nowhere` }]
      const known = anchor === undefined || (byName.get(name)?.anchors.has(anchor) ?? true)
      return known ? [] : [{ page: page.name, line, message: `${name} has no heading #${anchor}` }]
    }),
  )
}

/** Links of packages' pages name the repository on the web, because these pages are shown elsewhere, too. */
function fileOf(page: string, path: string): string {
  if (path === '') return page
  return normalize(path.startsWith('/') ? path.slice(1) : join(dirname(page), path))
}
