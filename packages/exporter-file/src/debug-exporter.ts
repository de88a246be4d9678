import {
  defineExporter,
  type DirectExporter,
  type ExporterFactory,
  type Logger,
  type Traces,
} from '@spanloom/core'

import { openOutput, type Output } from './output.ts'
import { renderDetailed, renderNormal } from './render-detailed.ts'
import { renderTree } from './render-tree.ts'
import { Sampler } from './sampler.ts'

/** Shows what passes, for people. The form of the text may change at any time. */
export const debugExporter: ExporterFactory = defineExporter({
  type: 'debug',
  stability: 'beta',
  description: 'Shows spans in the log or on the terminal.',
  schema: {
    type: 'object',
    properties: {
      verbosity: {
        type: 'string',
        enum: ['basic', 'normal', 'detailed', 'tree'],
        ignoreCase: true,
        default: 'basic',
        description:
          '`basic`: a line for each batch. `normal`: a line for each span. `detailed`: every field. `tree`: spans beneath their parents, written to `output_paths`, in colour on a terminal.',
      },
      sampling_initial: {
        type: 'integer',
        minimum: 0,
        default: 2,
        description: 'Batches of each second that are shown in any case.',
      },
      sampling_thereafter: {
        type: 'integer',
        minimum: 0,
        default: 1,
        description: 'Of the other batches every so many are shown; `0`: none.',
      },
      use_internal_logger: {
        type: 'boolean',
        default: true,
        description: 'Writes to the log of the collector rather than to `output_paths`.',
      },
      output_paths: {
        type: 'array',
        items: { type: 'string', minLength: 1 },
        minItems: 1,
        commaSeparated: true,
        default: ['stdout'],
        description: '`stdout`, `stderr` or files. For `tree`, and without the log of the collector.',
      },
      sending_queue: { any: true, ignored: 'The debug exporter writes at once and has no queue.' },
    },
    additionalProperties: false,
  },
  create({ config, telemetry, clock }) {
    const sampler = new Sampler(clock, config.sampling_initial, config.sampling_thereafter)
    const print =
      config.use_internal_logger && config.verbosity !== 'tree'
        ? toLog(config.verbosity, telemetry.logger)
        : toOutputs(config.verbosity, config.output_paths)
    return { ...print, exportTraces: async (traces) => (sampler.next() ? print.show(traces) : undefined) }
  },
})

type Verbosity = 'basic' | 'normal' | 'detailed' | 'tree'

interface Print extends Pick<DirectExporter, 'start' | 'shutdown'> {
  show(traces: Traces): Promise<void>
}

function toLog(verbosity: Exclude<Verbosity, 'tree'>, logger: Logger): Print {
  return {
    show(traces) {
      logger.info('Traces', { 'resource spans': traces.resourceSpansCount, spans: traces.spanCount })
      if (verbosity !== 'basic') logger.info(`\n${render(verbosity, traces, false)}`)
      return Promise.resolve()
    },
  }
}

function toOutputs(verbosity: Verbosity, paths: readonly string[]): Print {
  let outputs: readonly Output[] = []
  return {
    start() {
      outputs = paths.map(openOutput)
      return Promise.resolve()
    },
    async shutdown() {
      const open = outputs
      outputs = []
      await Promise.all(open.map((output) => output.close()))
    },
    async show(traces) {
      await Promise.all(outputs.map((output) => output.write(render(verbosity, traces, output.color))))
    },
  }
}

function render(verbosity: Verbosity, traces: Traces, color: boolean): string {
  switch (verbosity) {
    case 'basic':
      return `Traces: ${traces.resourceSpansCount} resource spans, ${traces.spanCount} spans\n`
    case 'normal':
      return renderNormal(traces.spans())
    case 'detailed':
      return renderDetailed(traces.spans())
    case 'tree':
      return renderTree(traces.spans(), { color })
  }
}
