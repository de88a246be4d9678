import { defineExporter, type ExporterFactory, type ReportIssue } from '@spanloom/core'

import { FileExporter, type FileExporterConfig } from './file-exporter.ts'

/** Writes batches to a file, as lines of OTLP JSON or as framed messages (`collector-conventions.md` section 14). */
export const fileExporter: ExporterFactory = defineExporter({
  type: 'file',
  stability: 'beta',
  description: 'Writes traces to a file, as lines of OTLP JSON or in compact form.',
  schema: {
    type: 'object',
    properties: {
      path: {
        type: 'string',
        format: 'path',
        minLength: 1,
        description: 'The file. With `group_by` its `*` stands for the value of the resource attribute.',
        examples: ['./traces.json', './traces/*.json'],
      },
      append: {
        type: 'boolean',
        default: false,
        description:
          'Whether what the file holds stays. A message that a crash has torn at its end is cut off.',
      },
      format: {
        type: 'string',
        enum: ['json', 'proto'],
        default: 'json',
        description:
          '`json`: one line of OTLP JSON for each batch. `proto`: OTLP protobuf, each message after its length.',
      },
      compression: {
        type: 'string',
        enum: ['none', 'zstd', ''],
        default: 'none',
        description: '`zstd` compresses each message on its own and puts its length before it.',
      },
      flush_interval: {
        type: 'string',
        format: 'duration',
        default: '1s',
        description:
          'How often the file is made safe against a crash of the machine. Against one of the process it always is. `0` leaves it to the operating system.',
      },
      rotation: {
        type: 'object',
        section: 'ready',
        description: 'Sets the file aside under a name with a time stamp when it has grown.',
        properties: {
          max_megabytes: { type: 'integer', minimum: 1, default: 100, description: 'Size of a file.' },
          max_days: {
            type: 'integer',
            minimum: 0,
            default: 0,
            description: 'Age at which a file goes; `0`: none.',
          },
          max_backups: {
            type: 'integer',
            minimum: 0,
            default: 100,
            description: 'Files that stay; `0`: all.',
          },
          localtime: {
            type: 'boolean',
            default: false,
            description: 'Names tell local time rather than UTC.',
          },
        },
      },
      group_by: {
        type: 'object',
        description:
          'Writes a file for each value of a resource attribute. These files are always appended to.',
        properties: {
          enabled: {
            type: 'boolean',
            default: false,
            description: 'Whether `path` has a `*` that is replaced.',
          },
          resource_attribute: {
            type: 'string',
            minLength: 1,
            default: 'fileexporter.path_segment',
            description: 'Its value takes the place of `*`, as one name; spans without it go to `MISSING`.',
          },
          max_open_files: {
            type: 'integer',
            minimum: 1,
            default: 100,
            description: 'Files open at one time.',
          },
        },
      },
    },
    required: ['path'],
    additionalProperties: false,
  },
  validate(config, report) {
    if (config.group_by.enabled) checkPath(config.path, report)
  },
  create({ config, telemetry, clock }) {
    const settings: FileExporterConfig = {
      ...config,
      compression: config.compression === 'zstd' ? 'zstd' : 'none',
    }
    return new FileExporter(settings, telemetry, clock)
  },
})

function checkPath(path: string, report: ReportIssue): void {
  const stars = path.split('*').length - 1
  if (stars !== 1) report(['path'], 'path must contain exactly one * when group_by is enabled')
  else if (path.startsWith('*'))
    report(['path'], 'path must not start with *', 'Begin with a folder, such as ./*.json.')
}
