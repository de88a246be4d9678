import type { AssemblyProfile, ConfigOf } from '@spanloom/core'

/** Settings of the processor `span_assembly`. */
export const spanAssemblySchema = {
  type: 'object',
  properties: {
    profiles: {
      type: 'object',
      default: {},
      description:
        'Changes of the sources’ assembly profiles, by name of the profile. `default` is the one of fragments that name none.',
      additionalProperties: {
        type: 'object',
        description: 'What is left out keeps the value that the source of the profile gave it.',
        properties: {
          end: {
            type: 'string',
            enum: ['last', 'first', 'new'],
            description:
              'Which of several ends of a run counts; `new`: what follows the end opens a new run. Default `last`.',
          },
          on_restart: {
            type: 'string',
            enum: ['ignore', 'merge', 'close', 'abandon'],
            description:
              'What a start means while a run is open. Default `ignore`: it is kept as a span event.',
          },
          orphan_update: {
            type: 'string',
            enum: ['keep', 'drop'],
            description: 'What becomes of updates of which neither start nor end came. Default `keep`.',
          },
          on_timeout: {
            type: 'string',
            enum: ['emit', 'drop'],
            description: 'What becomes of a run without end at `idle_timeout`. Default `emit`.',
          },
          on_shutdown: {
            type: 'string',
            enum: ['flush', 'drop'],
            description: 'What becomes of runs without end when the collector stops. Default `flush`.',
          },
          late: {
            type: 'string',
            enum: ['span', 'drop'],
            description:
              'What becomes of fragments whose span has left. Default `span`: a span of their own.',
          },
          rerun_link: {
            type: 'boolean',
            description: 'Links a run to the one of its key before it. Default `true`.',
          },
          default_name: {
            type: 'string',
            minLength: 1,
            description: 'Name of spans that have none. Default `unknown`.',
          },
          settle: {
            type: 'string',
            format: 'duration',
            minimumMs: 0,
            description: 'How long a whole span waits for more fragments. Default `2s`.',
          },
          start_wait: {
            type: 'string',
            format: 'duration',
            minimumMs: 0,
            description:
              'How long an end waits for its start, and a closing end for what it ends. Default `30s`.',
          },
          idle_timeout: {
            type: 'string',
            format: 'duration',
            minimumMs: 0,
            description: 'How long a run without end waits for its next fragment. Default `24h`.',
          },
          tombstone_ttl: {
            type: 'string',
            format: 'duration',
            minimumMs: 0,
            description: 'How long a key is remembered after its last span has left. Default `24h`.',
          },
          wait_for_parent: {
            type: 'string',
            format: 'duration',
            minimumMs: 0,
            description: 'How long a span waits until its parent is known. Default `0s`.',
          },
          clock_skew: {
            type: 'string',
            format: 'duration',
            minimumMs: 0,
            description:
              'How far a start may lie behind its end and still be taken for its start; 0 = off. Default `5s`.',
          },
          max_span_events: {
            type: 'integer',
            minimum: 0,
            description: 'Most span events of a span. Default 1000.',
          },
          max_fragments: {
            type: 'integer',
            minimum: 1,
            description: 'Most fragments of a run. Default 10000.',
          },
          ranks: {
            type: 'object',
            description: 'Order of fragments of equal time that name no rank. Defaults 0, 10, 20, 20.',
            properties: {
              start: { type: 'integer' },
              update: { type: 'integer' },
              end: { type: 'integer' },
              complete: { type: 'integer' },
            },
          },
        },
      },
    },
    storage: {
      type: 'string',
      reference: 'extension',
      role: 'storage',
      description:
        'Id of a storage extension, such as `file_storage`. Every fragment is on disk before its sender is answered; open spans, their timers and what is remembered survive crashes and restarts, and a stop emits nothing.',
    },
    max_open: {
      type: 'integer',
      minimum: 1,
      default: 1_000_000,
      description: 'Most keys with open spans. Beyond it the longest idle one leaves as if timed out.',
    },
    max_tombstones: {
      type: 'integer',
      minimum: 0,
      default: 1_000_000,
      description: 'Most keys that are remembered after their spans have left.',
    },
  },
} as const

/** Settings of the processor `span_assembly`, parsed. */
export type SpanAssemblyConfig = ConfigOf<typeof spanAssemblySchema>

/** The profiles of the settings in the words of the component contract. */
export function profileOverrides(
  profiles: SpanAssemblyConfig['profiles'],
): ReadonlyMap<string, AssemblyProfile> {
  return new Map(Object.entries(profiles).map(([name, profile]) => [name, overrideOf(profile)]))
}

type ProfileSettings = SpanAssemblyConfig['profiles'][string]

function overrideOf(settings: ProfileSettings): AssemblyProfile {
  const override: { -readonly [K in keyof AssemblyProfile]?: AssemblyProfile[K] | undefined } = {
    end: settings.end,
    onRestart: settings.on_restart,
    orphanUpdate: settings.orphan_update,
    onTimeout: settings.on_timeout,
    onShutdown: settings.on_shutdown,
    late: settings.late,
    rerunLink: settings.rerun_link,
    defaultName: settings.default_name,
    settleMs: settings.settle,
    startWaitMs: settings.start_wait,
    idleTimeoutMs: settings.idle_timeout,
    tombstoneTtlMs: settings.tombstone_ttl,
    waitForParentMs: settings.wait_for_parent,
    clockSkewMs: settings.clock_skew,
    maxSpanEvents: settings.max_span_events,
    maxFragments: settings.max_fragments,
    ranks: withoutAbsent(settings.ranks),
  }
  return withoutAbsent(override)
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function withoutAbsent<T extends object>(value: T): Present<T> {
  // Exactly the absent members are taken out.
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Present<T>
}
