/** Where a gRPC client connects to. */
export interface GrpcTarget {
  /** In the form that the gRPC library resolves. */
  readonly target: string
  /** `https://` was written: TLS, whatever `tls.insecure` says. */
  readonly secure: boolean
  /** For metrics; `undefined` where the endpoint has none. */
  readonly address: string | undefined
  readonly port: number | undefined
}

const hostAndPort = /^(?<host>\[[^\]]+\]|[^:/]*):(?<port>\d{1,5})$/

/** Reads `host:port`, `http://…`, `https://…`, `dns:///host:port`, `dns://server/host:port`, `unix:///path`. */
export function parseGrpcTarget(endpoint: string): GrpcTarget {
  const bare = withoutScheme(endpoint)
  const { host, port } = hostAndPort.exec(bare.replace(/^dns:(\/\/[^/]*\/)?/, ''))?.groups ?? {}
  return {
    target:
      bare.startsWith('unix://') && !bare.startsWith('unix:///') ? bare.replace('unix://', 'unix:') : bare,
    secure: /^https:\/\//i.test(endpoint),
    address: host?.replaceAll(/[[\]]/g, '') || undefined,
    port: port === undefined ? undefined : Number(port),
  }
}

/** What is wrong with an endpoint; `undefined` if nothing. */
export function grpcTargetFault(endpoint: string): string | undefined {
  const bare = withoutScheme(endpoint)
  if (bare === '') return 'requires a non-empty "endpoint"'
  if (bare.startsWith('unix:')) return undefined
  const { port } = parseGrpcTarget(endpoint)
  if (port !== undefined && port >= 1 && port <= 65_535) return undefined
  return `invalid port "${/:(?<port>[^:\]/]*)$/.exec(bare)?.groups?.['port'] ?? ''}"`
}

const withoutScheme = (endpoint: string): string => endpoint.replace(/^https?:\/\//i, '').replace(/\/$/, '')
