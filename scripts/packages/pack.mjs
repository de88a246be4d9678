// Packs every public package of the workspace and checks what is in the tarballs.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { fail, root, run } from './run.mjs'

/** Writes the tarballs to a folder; resolves with their paths by the name of the package. */
export function packAll(folder) {
  const tarballs = new Map()
  for (const name of readdirSync(join(root, 'packages'))) {
    const source = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
    const packed = JSON.parse(
      run('pnpm', ['pack', '--json', '--pack-destination', folder], { cwd: join(root, 'packages', name) }),
    )
    const files = filesOf(packed.filename)
    if (!files.some((path) => path.startsWith('dist/'))) fail(`${source.name} packs no build.`)
    if (files.some((path) => path.endsWith('.test.ts') || path.startsWith('test/')))
      fail(`${source.name} packs its tests.`)
    for (const path of ['LICENSE', 'README.md'])
      if (!files.includes(path)) fail(`${source.name} packs no ${path}.`)
    tarballs.set(source.name, packed.filename)
  }
  return tarballs
}

/** The list of `pnpm pack` leaves out the licence that it adds from the root. */
function filesOf(tarball) {
  return run('tar', ['-tzf', tarball])
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''))
}
