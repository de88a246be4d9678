import { Agent, EnvHttpProxyAgent, ProxyAgent, type Dispatcher } from 'undici'

import type { HttpClientConfig } from './http-client-settings.ts'
import type { TlsClientOptions } from './tls-client.ts'

/** Where the proxy settings of the machine are found; usually `process.env`. */
export type ProxyEnvironment = Readonly<Record<string, string | undefined>>

/** Settings that decide how connections are made. */
export type ConnectionConfig = Pick<
  HttpClientConfig,
  | 'proxy_url'
  | 'max_conns_per_host'
  | 'idle_conn_timeout'
  | 'disable_keep_alives'
  | 'force_attempt_http2'
  | 'http2_read_idle_timeout'
>

const connectTimeoutMs = 30_000
const foreverMs = 2_147_483_647

/** Hosts that no proxy of the environment is asked for, as in the reference collector. */
const loopback = 'localhost,127.0.0.1,::1'

/**
 * Makes the connection pool of an HTTP client for one kind of URL. It has no time limits of its own but that
 * of connecting: every request is bounded by its signal.
 */
export function createHttpDispatcher(
  config: ConnectionConfig,
  tls: TlsClientOptions,
  protocol: 'http:' | 'https:',
  env: ProxyEnvironment = process.env,
): Dispatcher {
  const { proxy_url, max_conns_per_host, disable_keep_alives, force_attempt_http2, http2_read_idle_timeout } =
    config
  const connect = { ...tls, timeout: connectTimeoutMs }
  const options = {
    connect,
    connections: max_conns_per_host > 0 ? max_conns_per_host : null,
    pipelining: disable_keep_alives ? 0 : 1,
    keepAliveTimeout: Math.min(config.idle_conn_timeout || foreverMs, foreverMs),
    keepAliveMaxTimeout: foreverMs,
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: force_attempt_http2,
    ...(http2_read_idle_timeout > 0 ? { h2Options: { pingInterval: http2_read_idle_timeout } } : {}),
  }
  // Behind a proxy the certificate settings are for the server, not for the proxy.
  const proxied = { ...options, requestTls: connect }
  if (proxy_url) return new ProxyAgent({ ...proxied, uri: proxy_url })
  const name = protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const proxy = env[name] || env[name.toLowerCase()]
  if (!proxy) return new Agent(options)
  const noProxy = [env['NO_PROXY'] || env['no_proxy'] || '', loopback].join(',')
  return new EnvHttpProxyAgent({ ...proxied, httpProxy: proxy, httpsProxy: proxy, noProxy })
}
