import type { ComponentKind } from '../component/component.ts'
import type { Registry } from '../component/registry.ts'
import { sectionOfKind } from './document-schema.ts'

/** How to mend a component type that does not exist; `nearest` finds the closest of the types that do. */
export function adviceOnType(
  kind: ComponentKind,
  type: string,
  registry: Registry,
  nearest: (types: readonly string[]) => string | undefined,
): string | undefined {
  if (Object.values<string>(sectionOfKind).includes(type) || type === 'service') {
    return `"${type}" is a section of its own, at the top level.`
  }
  const other = kinds.find((each) => each !== kind && registry.find(each, type) !== undefined)
  if (other !== undefined) return `"${type}" is ${article[other]}: write it under ${sectionOfKind[other]}.`
  return (
    absent[kind][type] ??
    nearest(registry.entries.filter((entry) => entry.kind === kind).map((entry) => entry.type))
  )
}

const kinds: readonly ComponentKind[] = ['receiver', 'processor', 'exporter', 'connector', 'extension']

/** A kind of component with its article. */
export const article: Readonly<Record<ComponentKind, string>> = {
  receiver: 'a receiver',
  processor: 'a processor',
  exporter: 'an exporter',
  connector: 'a connector',
  extension: 'an extension',
}

const noMetrics = 'This collector handles traces only.'
const overOtlp = 'Let the sender use OTLP, and receive it with otlp.'
const changes = 'The processors attributes, resource and filter change and drop spans.'

/** Components that people know from the OpenTelemetry Collector, and what does their work here. */
const absent: Readonly<Record<ComponentKind, Readonly<Record<string, string>>>> = {
  receiver: {
    hostmetrics: noMetrics,
    prometheus: noMetrics,
    kubeletstats: noMetrics,
    k8s_cluster: noMetrics,
    docker_stats: noMetrics,
    statsd: noMetrics,
    filelog: noMetrics,
    syslog: noMetrics,
    jaeger: overOtlp,
    zipkin: overOtlp,
    opencensus: overOtlp,
    skywalking: overOtlp,
    github: 'Webhooks of GitHub come in through valuestream.',
    gitlab: 'Webhooks of GitLab come in through valuestream.',
    kafka: 'azure_event_hub reads the Kafka endpoint of Event Hubs.',
  },
  processor: {
    tail_sampling: 'probabilistic_sampler keeps a share of the traces, filter drops spans.',
    transform: changes,
    span: changes,
    metricstransform: noMetrics,
    groupbytrace: 'span_assembly gathers what belongs together.',
    resourcedetection: 'resource sets attributes, also of the environment: ${env:NAME}.',
    k8sattributes: 'resource sets attributes, also of the environment: ${env:NAME}.',
  },
  exporter: {
    logging: 'debug',
    jaeger: 'Jaeger takes OTLP: use otlp_grpc.',
    zipkin: 'Many backends take OTLP: use otlp_http.',
    prometheus: noMetrics,
    prometheusremotewrite: noMetrics,
    kafka: 'azure_event_hub writes to the Kafka endpoint of Event Hubs.',
  },
  connector: {
    spanmetrics: 'Only value_stream makes metrics of spans.',
    servicegraph: 'Only value_stream makes metrics of spans.',
    count: 'Only value_stream makes metrics of spans.',
    routing: 'Use forward, and filter in the pipelines behind it.',
  },
  extension: {
    memory_ballast: 'It is not needed; memory_limiter refuses data when memory runs short.',
    pprof: 'It is not needed; admin shows what the collector does.',
  },
}
