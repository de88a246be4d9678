import { pino } from 'pino'

import type { Clock } from '../clock/clock.ts'
import { callerOf } from './caller.ts'
import { formatConsoleLine } from './console-line.ts'
import { plainFields, stackOf } from './log-fields.ts'
import { type LogOutput, openLogOutput, type OutputStreams } from './log-output.ts'
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
  /**
   * Logs as other settings say from now on, through this logger and all its children.
   *
   * @throws StartError when a file cannot be opened; nothing has changed then.
   */
  change(settings: LogSettings): void
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
  let sink = openSink(settings, streams, clock)

  const make = (bound: Readonly<Record<string, unknown>>): Logger => {
    const log = (level: LogLevel) => {
      const emit = (message: string, fields?: LogFields): void => {
        if (!sink.admits(level, message)) return
        const { caller, stacktrace } = sink.settings
        const stack = level === 'error' && stacktrace ? stackOf(fields?.['error']) : undefined
        sink.write[level]({
          ...(caller ? { caller: callerOf(emit) } : {}),
          msg: message,
          ...sink.fields,
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
    ...make({}),
    change(next) {
      const before = sink
      sink = openSink(next, streams, clock)
      before.close()
    },
    close() {
      sink.close()
      sink = openSink({ ...sink.settings, outputPaths: ['stderr'] }, streams, clock)
    },
  }
}

/** Where lines go, and which of them. */
interface Sink {
  readonly settings: LogSettings
  /** Fields of every line. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly write: Readonly<Record<LogLevel, (line: object) => void>>
  admits(level: LogLevel, message: string): boolean
  close(): void
}

function openSink(settings: LogSettings, streams: OutputStreams, clock: Clock): Sink {
  const outputs: LogOutput[] = []
  const close = (): void => {
    for (const output of outputs) output.close()
  }
  try {
    for (const path of settings.outputPaths) outputs.push(openLogOutput(path, streams))
  } catch (error) {
    close()
    throw error
  }
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
  return {
    settings,
    fields: plainFields(settings.initialFields),
    write: {
      debug: (line) => root.debug(line),
      info: (line) => root.info(line),
      warn: (line) => root.warn(line),
      error: (line) => root.error(line),
    },
    admits: (level, message) => root.isLevelEnabled(level) && admit(level, message),
    close,
  }
}
