import {
  type Component,
  defineReceiver,
  type Fetching,
  fetchingReceiver,
  type ReceiverFactory,
} from '@spanloom/core'

import { fileSettings, includeSetting } from './file-settings.ts'
import { FollowedFiles } from './followed-files.ts'
import { offlineDocument } from './offline-document.ts'
import { createReadReport } from './read-report.ts'

/** Follows files that the `file` exporter writes, here or in the reference collector, as they grow and rotate. */
export const otlpJsonFileReceiver: ReceiverFactory = defineReceiver({
  type: 'otlp_json_file',
  stability: 'beta',
  description: 'Follows the files that a file exporter writes.',
  schema: {
    type: 'object',
    properties: {
      include: includeSetting,
      ...fileSettings,
      start_at: {
        type: 'string',
        enum: ['beginning', 'end'],
        default: 'end',
        description: 'Where reading begins in files that are there at the start. Later files are read whole.',
      },
      replay_file: {
        type: 'boolean',
        default: false,
        description: 'Reads every file from its beginning in every round.',
      },
      max_log_size: { any: true, ignored: '`max_message_size` takes its place.' },
      max_concurrent_files: { any: true, ignored: 'Files are read one after the other.' },
      fingerprint_size: { any: true, ignored: 'Files are told apart in another way.' },
    },
    required: ['include'],
    additionalProperties: false,
  },
  transports: () => ['file'],
  create({ id, config, next, telemetry, clock }): Component {
    const report = createReadReport('otlp_json_file', id, telemetry, clock)
    const offline = offlineDocument({ next }, config.max_message_size)
    const fetch = async ({ handOver, pause }: Fetching): Promise<void> => {
      await using files = new FollowedFiles(
        {
          include: config.include,
          exclude: config.exclude,
          startAt: config.replay_file ? 'beginning' : config.start_at,
          maxMessageSize: config.max_message_size,
        },
        { clock, report, take: (traces) => handOver(traces, { transport: 'file' }) },
      )
      for (;;) {
        await files.round()
        if (config.replay_file) {
          await files.finish()
          files.rewind()
        }
        await pause(config.poll_interval)
      }
    }
    return fetchingReceiver({ next, telemetry, clock }, fetch, offline)
  },
})
