import { pino } from 'pino'

import type { Clock } from '../clock/clock.ts'
import { callerOf } from './caller.ts'
import { formatConsoleLine } from './console-line.ts'
import { plainFields, stackOf } from './log-fields.ts'
import { openLogOutput, type OutputStreams } from './log-output.ts'
import { createSampler, type SamplingSettings } from './log-sampling.ts'
import type { LogFields, Logger } from './logger.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** `service.telemetry.logs`, parsed. */
export interface LogSettings {
  readonly level: LogLevel
  readonly encoding: 'console' | 'json'
  readonly outputPaths: readonly string[]
  readonly initialFields: LogFields
  readonly caller: boolean
  readonly stacktrace: boolean
  readonly sampling: SamplingSettings | undefined
}

/** The root logger and the end of its outputs. */
export interface RootLogger extends Logger {
  /** Writes what is buffered and closes files. Later lines go to standard error. */
  close(): void
}

/**
 * Makes the collector's logger. Lines hold level, time, caller, message and fields (LOG-01); repeated
 * messages are sampled; secrets are taken out; an output that goes away is ignored.
 *
 * @throws StartError when a file of `outputPaths` cannot be opened.
 */
export function createLogger(settings: LogSettings, streams: OutputStreams, clock: Clock): RootLogger {
  let outputs = settings.outputPaths.map((path) => openLogOutput(path, streams))
  const write = (line: string): void => {
    for (const output of outputs) {
      output.write(settings.encoding === 'json' ? line : formatConsoleLine(line, output.color))
    }
  }
  const root = pino(
    {
      level: settings.level,
      base: null,
      timestamp: () => `,"ts":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      // Fields are made plain before; pino must not look for an error of its own among them.
      errorKey: '\u0000',
      serializers: {},
    },
    { write },
  )
  const admit = settings.sampling === undefined ? () => true : createSampler(settings.sampling, clock)

  const make = (bound: Readonly<Record<string, unknown>>): Logger => {
    const log = (level: LogLevel) => {
      const emit = (message: string, fields?: LogFields): void => {
        if (!root.isLevelEnabled(level) || !admit(level, message)) return
        const stack = level === 'error' && settings.stacktrace ? stackOf(fields?.['error']) : undefined
        root[level]({
          ...(settings.caller ? { caller: callerOf(emit) } : {}),
          msg: message,
          ...bound,
          ...(fields === undefined ? {} : plainFields(fields)),
          ...(stack === undefined ? {} : { stacktrace: stack }),
        })
      }
      return emit
    }
    return {
      debug: log('debug'),
      info: log('info'),
      warn: log('warn'),
      error: log('error'),
      child: (fields) => make({ ...bound, ...plainFields(fields) }),
    }
  }
  return {
    ...make(plainFields(settings.initialFields)),
    close() {
      for (const output of outputs) output.close()
      outputs = [openLogOutput('stderr', streams)]
    },
  }
}
