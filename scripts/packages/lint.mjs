// publint and "are the types wrong" over a packed package. Packages hold ES modules only, so what CommonJS and the
// resolution of Node.js 10 make of them does not matter.
import { readFile } from 'node:fs/promises'

import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

import { run, tool } from './run.mjs'

/** The faults of a tarball, as sentences. */
export async function lintPackage(tarball) {
  const { buffer, byteOffset, byteLength } = await readFile(tarball)
  const { messages, pkg } = await publint({
    pack: { tarball: buffer.slice(byteOffset, byteOffset + byteLength) },
    strict: true,
  })
  return [...messages.map((message) => formatMessage(message, pkg) ?? message.code), ...typeFaults(tarball)]
}

function typeFaults(tarball) {
  try {
    run(tool('attw'), [tarball, '--profile', 'esm-only', '--format', 'table', '--no-color', '--no-emoji'])
    return []
  } catch (error) {
    return [error.stdout]
  }
}
