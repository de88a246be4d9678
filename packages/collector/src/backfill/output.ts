import { SpanloomError } from '@spanloom/core'

import type { ConfigFlags } from '../config-flags.ts'

/** Where the spans go. */
export interface OutputFlags extends ConfigFlags {
  /** Base URL of an OTLP/HTTP endpoint. */
  readonly endpoint?: string
  /** Path of a file. */
  readonly out?: string
  /** Where it goes on; the file of `out` then keeps what it holds. */
  readonly resume?: string
  /** Stay up when everything is read. */
  readonly keep?: boolean
}

/**
 * The configuration of the pipeline: the user's own, or a small one that leads to an endpoint or a file. The own
 * metrics stay off, so that their port is left to a collector that runs; unless this one stays up, too.
 *
 * @throws SpanloomError `OUTPUT_MISSING` unless exactly one is named
 */
export function pipelineOf(flags: OutputFlags): ConfigFlags {
  const { config, endpoint, out, resume, set } = flags
  const named = [config.length > 0, endpoint !== undefined, out !== undefined].filter(Boolean)
  if (named.length !== 1)
    throw new SpanloomError(
      'OUTPUT_MISSING',
      'Exactly one of --config, --endpoint and --out says where spans go.',
      {
        hint: 'For example --out traces.jsonl, or --endpoint http://localhost:4318 .',
      },
    )
  const sets = flags.keep === true ? set : ['service.telemetry.metrics.level=none', ...set]
  if (config.length > 0) return { ...flags, set: sets }
  const [type, settings] =
    out === undefined ? ['otlp_http', { endpoint }] : ['file', { path: out, append: resume !== undefined }]
  const document = {
    receivers: {
      valuestream: { sources: { github: {}, gitlab: {}, jenkins: {}, jira: {}, customhttp: {} } },
    },
    processors: { span_assembly: {} },
    exporters: { [type]: settings },
    service: {
      pipelines: {
        traces: { receivers: ['valuestream'], processors: ['span_assembly'], exporters: [type] },
      },
      telemetry: { logs: { level: 'warn' } },
    },
  }
  return { ...flags, config: [`yaml:${JSON.stringify(document)}`], set: sets }
}
