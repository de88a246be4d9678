type Components = Readonly<Record<string, object>>

/** A pipeline with the settings of its components by their ids. */
export interface Pipeline {
  readonly from: Components
  readonly through?: Components
  readonly to: Components
}

/** A configuration of pipelines by name, in the grammar that Spanloom and the Collector share. */
export function pipelines(all: Readonly<Record<string, Pipeline>>, extensions: Components = {}): object {
  const each = Object.entries(all)
  const together = (part: 'from' | 'through' | 'to'): object =>
    Object.assign({}, ...each.map(([, pipeline]) => pipeline[part] ?? {}))
  return {
    extensions,
    receivers: together('from'),
    processors: together('through'),
    exporters: together('to'),
    service: {
      extensions: Object.keys(extensions),
      pipelines: Object.fromEntries(
        each.map(([name, { from, through = {}, to }]) => [
          `traces/${name}`,
          { receivers: Object.keys(from), processors: Object.keys(through), exporters: Object.keys(to) },
        ]),
      ),
    },
  }
}

/** Settings of an `otlp` receiver for OTLP/HTTP. */
export const overHttp = (endpoint = '127.0.0.1:0', settings: object = {}): object => ({
  protocols: { http: { endpoint, ...settings } },
})

/** Settings of an `otlp` receiver for OTLP/gRPC. */
export const overGrpc = (endpoint = '127.0.0.1:0', settings: object = {}): object => ({
  protocols: { grpc: { endpoint, ...settings } },
})

/** Settings of the Collector's `file` exporter that do not keep a reader waiting. */
export const promptFile = (path: string): object => ({ path, flush_interval: '10ms' })
