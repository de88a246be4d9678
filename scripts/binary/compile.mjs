// Runs the bundled program until its pipeline is ready, then writes down what V8 has compiled of each file by then.
// V8 takes it only under the flags under which it was made, so this runs in a process of its own with the program's.
// Usage: node <flags> compile.mjs <folder of the bundled files> <config.yaml>
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { compileFunction, constants, Script } from 'node:vm'

const [folder, config] = process.argv.slice(2)
const ready = 'Everything is ready. Begin running and processing data.'
const patienceMs = 60_000

const scripts = new Map()
class RecordedScript extends Script {
  constructor(code, options) {
    super(code, options)
    scripts.set(basename(options.filename, '.cjs'), this)
  }
}

/** The files of the binary, as they lie in the folder. */
const sea = {
  getRawAsset(name) {
    const file = join(folder, name)
    return existsSync(file) ? Uint8Array.from(readFileSync(file)).buffer : new ArrayBuffer(0)
  },
}
const nodeRequire = createRequire(import.meta.url)
const modules = { 'node:sea': sea, 'node:vm': { constants, Script: RecordedScript } }
const requireOf = (name) => modules[name] ?? nodeRequire(name)

process.argv = [process.execPath, 'spanloom', '--config', config]
process.stderr.write = (text) => {
  if (!String(text).includes(ready)) return true
  for (const [name, script] of scripts)
    writeFileSync(join(folder, `${name}.compiled`), script.createCachedData())
  process.exit()
}
setTimeout(() => {
  console.log('The bundled program did not become ready.')
  process.exit(1)
}, patienceMs).unref()

compileFunction(readFileSync(new URL('boot.cjs', import.meta.url), 'utf8'), ['require'])(requireOf)
