// Makes one CommonJS file of a program, or of a package, and of all that it uses.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { build, transform } from 'esbuild'

import { inChunks } from './chunks.mjs'

/** What of the repository and of packages may ask where its own file is: only to make a `require` of it, or not here. */
const mayAskForPlace = [
  'packages/extension-storage/src/client/start-worker.ts',
  '/@platformatic/kafka/dist/protocol/crc32c.js',
  '/@platformatic/kafka/dist/registries/confluent-schema-registry.js',
  '/@platformatic/wasm-utils/dist/index.js',
  '/fdir/dist/index.mjs',
]

/**
 * Bundles `entry` of the repository `root`, without the packages `chunks`, and resolves with the code and with the
 * files that it was made of.
 *
 * Names are kept, because classes of errors are told by their names; minifying would hardly make the binary smaller.
 */
export async function bundle(root, entry, chunks) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: 'bundle.cjs',
    write: false,
    bundle: true,
    metafile: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    charset: 'ascii',
    logLevel: 'warning',
    define: { 'import.meta.url': '__importMetaUrl' },
    banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    loader: { '.wasm': 'binary' },
    plugins: [embeddedWasm(), inChunks(chunks)],
  })
  const inputs = Object.entries(result.metafile.outputs['bundle.cjs'].inputs)
    .filter(([path, { bytesInOutput }]) => bytesInOutput > 0 && !path.startsWith('chunk:'))
    .map(([path]) => path)
  await refuseFilesBeside(root, inputs)
  return { code: await latin1(result.outputFiles[0].text.replace(/^#!/, '//')), inputs }
}

/**
 * The code without characters that Latin-1 has not; they are left in comments only, because esbuild escapes all others
 * but those of raw templates and of regular expressions.
 */
async function latin1(code) {
  const bare = await transform(code, { charset: 'ascii', minifyWhitespace: true, legalComments: 'none' })
  const [found] = /.{0,40}[\u0100-\uffff].{0,20}/.exec(bare.code) ?? []
  if (found !== undefined) throw new Error(`Write this with an escape such as \\u2026: ${found}`)
  return code.replaceAll(/[\u0100-\uffff]/g, '?')
}

/** WebAssembly that a package reads from its folder is put into the code. */
function embeddedWasm() {
  const reading = /readFileSync\(new URL\(['"]([^'"]+\.wasm)['"], import\.meta\.url\)\)/
  return {
    name: 'embedded-wasm',
    setup(build) {
      build.onLoad({ filter: /\/@platformatic\/wasm-utils\/dist\/index\.js$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8')
        const file = reading.exec(text)?.[1]
        if (file === undefined) throw new Error(`${path} no longer reads its .wasm file as expected.`)
        return {
          contents: `import embedded from ${JSON.stringify(file)}\n${text.replace(reading, 'embedded')}`,
        }
      })
    },
  }
}

/** Whoever reads files from its own folder would fail in the binary, perhaps long after the start. */
async function refuseFilesBeside(root, inputs) {
  const asking = /^(?!\s*(?:\*|\/\/)).*\bimport\.meta\.(?:url|dirname|filename)\b/m
  for (const path of inputs.filter((path) => !mayAskForPlace.some((end) => path.endsWith(end)))) {
    if (/\.[cm]?[jt]s$/.test(path) && asking.test(await readFile(join(root, path), 'utf8')))
      throw new Error(
        `${path} asks where its file is. Look what for, then put it into the bundle or allow it.`,
      )
  }
}
