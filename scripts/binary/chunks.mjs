// An esbuild plugin: packages of which many runs need nothing become chunks of their own, read when the first of their
// exports is used. What is not read costs neither time nor memory.
import { createRequire } from 'node:module'

const namespace = 'chunk'

/** What the program gives to `require` for the chunk of a package; boot.cjs understands it. */
export const chunkPrefix = 'chunk:'

/** The file name of the chunk of a package. */
export function chunkName(packageName) {
  return packageName.replace('@', '').replace('/', '-')
}

/** Puts a stand-in with getters in the place of each of the named packages, whoever imports it. */
export function inChunks(packageNames) {
  const filter = new RegExp(`^(?:${packageNames.map((name) => RegExp.escape(name)).join('|')})$`)
  return {
    name: 'chunks',
    setup(build) {
      build.onResolve({ filter: /^chunk:/ }, ({ path }) => ({ path, external: true }))
      build.onResolve({ filter }, ({ path, importer, kind }) => {
        if (kind === 'entry-point') return undefined
        return { path, namespace, pluginData: createRequire(importer).resolve(path) }
      })
      build.onLoad({ filter: /./, namespace }, ({ path, pluginData: file }) => ({
        contents: standIn(chunkPrefix + chunkName(path), Object.keys(createRequire(file)(file))),
      }))
    },
  }
}

function standIn(chunk, exportNames) {
  const getters = exportNames
    .filter((name) => /^(?!default$)[\w$]+$/.test(name))
    .map((name) => `get ${name}() { return require(${JSON.stringify(chunk)}).${name} },`)
  return `module.exports = { __proto__: { __esModule: true },\n${getters.join('\n')}\n}`
}
