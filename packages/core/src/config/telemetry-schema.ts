import type { ConfigOf } from '../schema/schema.ts'
import { prometheusExporter, pushExporter } from './telemetry-exporters.ts'

const logs = {
  type: 'object',
  description: 'The log of the collector itself.',
  properties: {
    level: { type: 'string', enum: ['debug', 'info', 'warn', 'error'], ignoreCase: true, default: 'info' },
    encoding: { type: 'string', enum: ['console', 'json'], default: 'console' },
    output_paths: {
      type: 'array',
      items: { type: 'string' },
      commaSeparated: true,
      default: ['stderr'],
      description: 'File paths, `stdout` or `stderr`.',
    },
    error_output_paths: {
      type: 'array',
      items: { type: 'string' },
      commaSeparated: true,
      default: ['stderr'],
      description: 'Where faults of logging itself are told.',
    },
    initial_fields: {
      type: 'object',
      additionalProperties: { any: true },
      default: {},
      description: 'Fields that every line carries.',
    },
    disable_caller: { type: 'boolean', default: false },
    disable_stacktrace: { type: 'boolean', default: false },
    development: { type: 'boolean', default: false },
    sampling: {
      type: 'object',
      section: 'on',
      description: 'Of lines with the same message, logs the first and then every nth in each tick.',
      properties: {
        tick: { type: 'string', format: 'duration', default: '10s', minimumMs: 1 },
        initial: { type: 'integer', minimum: 0, default: 10 },
        thereafter: { type: 'integer', minimum: 0, default: 100 },
      },
    },
    processors: {
      type: 'array',
      items: { any: true },
      ignored: 'Logs are not sent over OTLP; service.telemetry.logs.processors has no effect.',
    },
  },
} as const

const periodicReader = {
  type: 'object',
  section: 'bare',
  description: 'Pushes metrics regularly.',
  required: ['exporter'],
  properties: {
    interval: {
      type: 'integer',
      minimum: 1,
      default: 60_000,
      description: 'Milliseconds between two pushes.',
    },
    timeout: { type: 'integer', minimum: 0, default: 30_000, description: 'Milliseconds for one push.' },
    exporter: pushExporter as typeof pushExporter,
  },
} as const

const pullReader = {
  type: 'object',
  section: 'bare',
  description: 'Offers metrics for reading.',
  required: ['exporter'],
  properties: {
    exporter: { type: 'object', properties: { prometheus: prometheusExporter as typeof prometheusExporter } },
  },
} as const

const metrics = {
  type: 'object',
  description: 'Metrics of the collector itself.',
  properties: {
    level: {
      type: 'string',
      enum: ['none', 'basic', 'normal', 'detailed'],
      ignoreCase: true,
      default: 'normal',
    },
    address: {
      type: 'string',
      ignored:
        'service.telemetry.metrics.address has no effect; use service.telemetry.metrics.readers instead.',
    },
    readers: {
      type: 'array',
      description: 'How metrics leave the process.',
      default: [{ pull: { exporter: { prometheus: { host: 'localhost', port: 8888 } } } }],
      items: {
        type: 'object',
        properties: {
          pull: pullReader as typeof pullReader,
          periodic: periodicReader as typeof periodicReader,
        },
      },
    },
    views: {
      type: 'array',
      items: { any: true },
      description: 'Which metrics to keep and how to aggregate them; only with level `detailed`.',
    },
  },
} as const

const spanProcessor = {
  type: 'object',
  properties: {
    batch: {
      type: 'object',
      section: 'bare',
      description: 'Sends spans in batches.',
      required: ['exporter'],
      properties: {
        schedule_delay: { type: 'integer', minimum: 0, default: 5000, description: 'Milliseconds.' },
        export_timeout: { type: 'integer', minimum: 0, default: 30_000, description: 'Milliseconds.' },
        max_queue_size: { type: 'integer', minimum: 1, default: 2048 },
        max_export_batch_size: { type: 'integer', minimum: 1, default: 512 },
        exporter: pushExporter as typeof pushExporter,
      },
    },
    simple: {
      type: 'object',
      section: 'bare',
      description: 'Sends each span when it ends.',
      required: ['exporter'],
      properties: { exporter: pushExporter as typeof pushExporter },
    },
  },
} as const

const traces = {
  type: 'object',
  description: 'Traces of the collector itself; off without processors.',
  properties: {
    level: {
      type: 'string',
      enum: ['none', 'basic', 'normal', 'detailed'],
      ignoreCase: true,
      default: 'basic',
    },
    processors: { type: 'array', items: spanProcessor as typeof spanProcessor, default: [] },
    propagators: {
      type: 'array',
      items: { type: 'string', enum: ['tracecontext', 'b3'] },
      commaSeparated: true,
      default: [],
    },
    sampler: { any: true, description: 'Sampler in the form of the OpenTelemetry configuration files.' },
  },
} as const

/** `service.telemetry`: the collector's own logs, metrics and traces (section 12.1). */
export const telemetrySchema = {
  type: 'object',
  description: 'What the collector tells about itself.',
  properties: {
    logs: logs as typeof logs,
    metrics: metrics as typeof metrics,
    traces: traces as typeof traces,
    resource: {
      description:
        'Attributes of the collector, as a map (null removes one) or as `attributes: [{name, value}]`.',
      anyOf: [
        {
          type: 'object',
          required: ['attributes'],
          properties: {
            schema_url: { type: 'string' },
            attributes: {
              type: 'array',
              items: {
                type: 'object',
                required: ['name', 'value'],
                properties: { name: { type: 'string' }, value: { any: true }, type: { type: 'string' } },
              },
            },
          },
        },
        { type: 'object', additionalProperties: { any: true } },
      ],
    },
  },
} as const

/** Settings of the collector's own telemetry, defaults filled in. */
export type TelemetryConfig = ConfigOf<typeof telemetrySchema>
