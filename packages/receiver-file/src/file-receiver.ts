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
import { Replay } from './replay.ts'

/** Reads recorded traces from files once, follows them, or plays them back at the pace at which they happened. */
export const fileReceiver: ReceiverFactory = defineReceiver({
  type: 'file',
  stability: 'beta',
  description: 'Reads recorded traces from files and can play them back at their own pace.',
  schema: {
    type: 'object',
    properties: {
      path: { type: 'string', format: 'path', minLength: 1, description: 'One file, or a pattern.' },
      include: includeSetting,
      ...fileSettings,
      follow: {
        type: 'boolean',
        default: false,
        description: 'Goes on with what is added later. Otherwise every file is read once.',
      },
      replay: {
        type: 'object',
        section: 'ready',
        description: 'Plays the recording back rather than reading it at once.',
        properties: {
          speed: {
            type: 'number',
            minimum: 0,
            default: 1,
            description: '`1` is the pace of the recording, `10` ten times faster, `0` as fast as possible.',
          },
          loop: {
            type: 'boolean',
            default: false,
            description: 'Begins again at the end; every pass has trace ids of its own.',
          },
          shift_to_now: {
            type: 'boolean',
            default: true,
            description: 'Moves the times of the spans so that the recording begins now.',
          },
        },
      },
    },
    additionalProperties: false,
  },
  validate({ path, include, follow, replay }, report) {
    if ((path === undefined) === (include === undefined))
      report([], 'one of path and include must be specified')
    if (follow && replay !== undefined) report(['follow'], 'follow and replay exclude each other')
  },
  transports: () => ['file'],
  create({ id, config, next, telemetry, clock }): Component {
    const report = createReadReport('file', id, telemetry, clock)
    const offline = offlineDocument({ next }, config.max_message_size)
    const fetch = async ({ handOver, pause, signal }: Fetching): Promise<void> => {
      const replay =
        config.replay &&
        new Replay({ speed: config.replay.speed, shift: config.replay.shift_to_now ? 'now' : 'none' }, clock)
      await using files = new FollowedFiles(
        {
          include: config.include ?? (config.path === undefined ? [] : [config.path]),
          exclude: config.exclude,
          startAt: 'beginning',
          maxMessageSize: config.max_message_size,
        },
        {
          clock,
          report,
          take: async (traces) =>
            handOver(replay === undefined ? traces : await replay.next(traces, signal), {
              transport: 'file',
            }),
        },
      )
      for (;;) {
        await files.round()
        if (!config.follow) {
          await files.finish()
          if (config.replay?.loop !== true) break
          files.rewind()
          replay?.restart()
        }
        await pause(config.poll_interval)
      }
      telemetry.logger.info('All files are read.', { files: files.count })
    }
    return fetchingReceiver({ next, telemetry, clock }, fetch, offline)
  },
})
