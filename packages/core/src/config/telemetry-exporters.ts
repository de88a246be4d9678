const nameAndSecret = {
  type: 'object',
  properties: { name: { type: 'string' }, value: { type: 'string', secret: true } },
  required: ['name'],
} as const

/** Headers of an exporter in either form (section 1.7). */
const headers = {
  description: 'Headers sent with every request, as a map or as a list of `{name, value}`.',
  anyOf: [
    { type: 'object', additionalProperties: { type: 'string', secret: true } },
    { type: 'array', items: nameAndSecret as typeof nameAndSecret },
  ],
} as const

const tlsFiles = {
  type: 'object',
  section: 'bare',
  properties: {
    ca_file: { type: 'string', format: 'path', description: 'Certificates to trust.' },
    cert_file: { type: 'string', format: 'path', description: 'Certificate to show.' },
    key_file: { type: 'string', format: 'path', description: 'Private key of `cert_file`.' },
    insecure: { type: 'boolean', default: false, description: 'Speak without TLS.' },
  },
} as const

/** OTLP destination of the collector's own telemetry. */
const otlp = {
  type: 'object',
  section: 'bare',
  description: 'Sends over OTLP.',
  properties: {
    protocol: {
      type: 'string',
      enum: ['http/protobuf', 'http/json', 'grpc', 'grpc/protobuf'],
      default: 'http/protobuf',
      description: 'Transport and encoding.',
    },
    endpoint: { type: 'string', default: 'http://localhost:4318', description: 'Where to send to.' },
    headers: headers as typeof headers,
    headers_list: { type: 'string', secret: true, description: 'Headers as `name=value,name=value`.' },
    compression: { type: 'string', enum: ['none', 'gzip'], ignoreCase: true, default: 'none' },
    timeout: { type: 'integer', minimum: 0, default: 10_000, description: 'Milliseconds for one request.' },
    insecure: { type: 'boolean', default: false, description: 'Speak gRPC without TLS.' },
    tls: tlsFiles as typeof tlsFiles,
    certificate: { type: 'string', format: 'path', description: 'Certificates to trust.' },
    client_certificate: { type: 'string', format: 'path', description: 'Certificate to show.' },
    client_key: { type: 'string', format: 'path', description: 'Private key of `client_certificate`.' },
    temporality_preference: {
      type: 'string',
      enum: ['cumulative', 'delta', 'lowmemory', 'low_memory'],
      default: 'cumulative',
      description: 'Temporality of metrics.',
    },
    default_histogram_aggregation: {
      type: 'string',
      enum: ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'],
      default: 'explicit_bucket_histogram',
    },
  },
} as const

/** Prints to the standard output. */
const console = {
  type: 'object',
  section: 'ready',
  description: 'Prints to the standard output.',
  properties: {},
} as const

/** Where own metrics and spans are pushed to. */
export const pushExporter = {
  type: 'object',
  description: 'Where to send to.',
  properties: { otlp: otlp as typeof otlp, console: console as typeof console },
} as const

/** The page that a Prometheus server reads. */
export const prometheusExporter = {
  type: 'object',
  section: 'ready',
  description: 'Page that a Prometheus server reads.',
  properties: {
    host: { type: 'string', default: 'localhost', description: 'Address to listen on.' },
    port: { type: 'integer', minimum: 0, maximum: 65_535, default: 8888, description: 'Port to listen on.' },
    without_scope_info: { type: 'boolean', default: true },
    without_type_suffix: { type: 'boolean', default: true },
    without_units: { type: 'boolean', default: true },
    with_resource_constant_labels: {
      type: 'object',
      section: 'bare',
      description: 'Resource attributes that become labels of every metric.',
      properties: {
        included: { type: 'array', items: { type: 'string' }, default: [] },
        excluded: { type: 'array', items: { type: 'string' }, default: [] },
      },
    },
  },
} as const
