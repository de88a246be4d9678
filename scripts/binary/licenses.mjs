// Finds out whose work the binary contains, and under which licences.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Licences that the binary may contain, by SPDX identifier. */
const allowed = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'])
const licenseFile = /^(?:licen[cs]e|notice|copying)(?:[.-].*)?$/i

/**
 * Name, version, licence and its text of every package that the files `inputs` (relative to `root`) belong to, and of
 * Node.js itself, sorted by name.
 */
export function licensesOf(root, inputs) {
  const folders = new Set(inputs.map((path) => join(root, packageFolder(path))))
  const packages = new Map()
  for (const folder of folders) {
    const { name, version, license, licenses } = manifestOf(folder)
    const id = license?.type ?? license ?? licenses?.map(({ type }) => type).join(' OR ')
    if (!allowed.has(id))
      throw new Error(`${name} ${version} has the licence ${id}, which nobody has allowed.`)
    const texts = textsIn(folder.startsWith(join(root, 'packages')) ? root : folder)
    packages.set(`${name} ${version}`, { name, version, license: id, text: texts })
  }
  return [nodeItself(), ...packages.values()].toSorted((a, b) =>
    a.name === b.name ? a.version.localeCompare(b.version) : a.name < b.name ? -1 : 1,
  )
}

/** Node.js brings V8, OpenSSL and others; its licence file has the texts of all of them. */
function nodeItself() {
  const file = join(dirname(dirname(process.execPath)), 'LICENSE')
  const version = process.versions.node
  return {
    name: 'node',
    version,
    license: 'MIT and the licences of what it contains',
    text: existsSync(file)
      ? readFileSync(file, 'utf8')
      : `https://github.com/nodejs/node/blob/v${version}/LICENSE`,
  }
}

/** The folder of the package that a file belongs to; folders within a package may have a `package.json`, too. */
function packageFolder(path) {
  const folder = /^(?:.*\/node_modules\/(?:@[^/]+\/)?[^/]+|packages\/[^/]+)/.exec(path)?.[0]
  if (folder === undefined) throw new Error(`${path} belongs to no package.`)
  return folder
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

function textsIn(folder) {
  return readdirSync(folder)
    .filter((name) => licenseFile.test(name))
    .toSorted()
    .map((name) => readFileSync(join(folder, name), 'utf8').trim())
    .join('\n\n')
}
