// The first code of the binary. It takes the program out of the executable together with its compiled form, which was
// made by running it once (see compile.mjs), so that a start neither parses nor compiles what it needs.
'use strict'

const { createRequire } = require('node:module')
const path = require('node:path')
const { getRawAsset } = require('node:sea')
const { constants, Script } = require('node:vm')

const folder = path.dirname(process.execPath)
const outside = createRequire(process.execPath)
const loaded = new Map()

/** Runs a file of the binary, once, and returns what it exports. */
function load(name) {
  const known = loaded.get(name)
  if (known !== undefined) return known.exports
  const module = { exports: {} }
  loaded.set(name, module)
  const compiled = Buffer.from(getRawAsset(`${name}.compiled`))
  // The code is written in Latin-1, so that it takes one byte for each character.
  const script = new Script(Buffer.from(getRawAsset(`${name}.cjs`)).latin1Slice(), {
    filename: path.join(folder, `${name}.cjs`),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(compiled.length > 0 ? { cachedData: compiled } : {}),
  })
  const requireOf = (id) => (id.startsWith('chunk:') ? load(id.slice('chunk:'.length)) : outside(id))
  script.runInThisContext()(module.exports, requireOf, module, process.execPath, folder)
  return module.exports
}

load('spanloom')
