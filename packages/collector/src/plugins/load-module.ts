import { createRequire } from 'node:module'

import { messageOf } from '@spanloom/core'

import { shareCore } from './host-core.ts'
import { PluginError } from './plugin-error.ts'

/**
 * Loads the code of a plugin and returns what it exports.
 *
 * `require` is the one way that loads files from the single-file program, too; therefore no code of a plugin may use
 * top-level await.
 *
 * @throws PluginError that says what is wrong with the code.
 */
export function loadModule(file: string): unknown {
  shareCore()
  try {
    return createRequire(process.execPath)(file)
  } catch (error) {
    throw error instanceof PluginError ? error : notLoadable(error, file)
  }
}

function notLoadable(error: unknown, file: string): PluginError {
  const [message = ''] = messageOf(error).split('\n')
  const because = { cause: error }
  switch (codeOf(error)) {
    case 'ERR_REQUIRE_ASYNC_MODULE':
      return new PluginError(
        'it uses top-level await, which a plugin must not',
        'Wait where the component starts instead: in `start`.',
        because,
      )
    case 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX':
      return new PluginError(
        `${message}${at(error, file)}`,
        'Types are stripped and nothing is translated: write JavaScript for enum, namespace and parameter properties.',
        because,
      )
    case 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING':
      return new PluginError(
        'its entry is TypeScript, which is not run inside of node_modules',
        'Publish JavaScript.',
        because,
      )
    case 'MODULE_NOT_FOUND':
    case 'ERR_MODULE_NOT_FOUND':
      return new PluginError(message, missingAdvice(message), because)
    case undefined:
      break
    default:
      return new PluginError(`${message}${at(error, file)}`, undefined, because)
  }
  if (!(error instanceof SyntaxError)) {
    return new PluginError(`it throws when it is loaded: ${message}${at(error, file)}`, undefined, because)
  }
  const missing = /'@spanloom\/core[^']*' does not provide an export named '([^']*)'/.exec(message)?.[1]
  if (missing !== undefined) {
    return new PluginError(
      `it imports ${missing} from @spanloom/core, which this version does not have`,
      'Update spanloom, or write `import type` if it is a type.',
      because,
    )
  }
  return new PluginError(`${message}${at(error, file)}`, undefined, because)
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** The place in the plugin's files that a stack begins with. */
function at(error: unknown, file: string): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const found = /(?:file:\/\/)?(\/[^\n()]+?|[A-Za-z]:[\\/][^\n()]+?):(\d+)(?::(\d+))?\)?$/m.exec(stack)
  if (found === null) return ` (${file})`
  const [, path = '', line = '', column] = found
  return ` (${[path, line, ...(column === undefined ? [] : [column])].join(':')})`
}

function missingAdvice(message: string): string | undefined {
  const name = /^Cannot find package '([^']+)'/.exec(message)?.[1]
  if (name === undefined) return undefined
  return `Install it where the plugin is: npm install ${name}`
}
