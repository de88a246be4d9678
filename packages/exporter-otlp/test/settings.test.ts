import type { ExporterFactory } from '@spanloom/core'
import { parseConfig } from '@spanloom/core'
import { createComponent } from '@spanloom/core/testing'
import { describe, expect, it } from 'vitest'

import { otlpGrpcExporter, otlpHttpExporter } from '../src/index.ts'
import { run } from './running.ts'

const create = (factory: ExporterFactory, config: unknown) => () => createComponent(factory, config)

describe('otlp_http', () => {
  it('7.1: has the defaults of the reference', () => {
    expect(parseConfig(otlpHttpExporter.schema, { endpoint: 'http://localhost:4318' })).toMatchObject({
      encoding: 'proto',
      compression: 'gzip',
      timeout: 30_000,
      sending_queue: { num_consumers: 10 },
      retry_on_failure: { enabled: true },
      tls: { insecure: false },
      idle_conn_timeout: 90_000,
      force_attempt_http2: true,
      disable_keep_alives: false,
    })
  })

  it.each([
    [{}, 'at least one endpoint must be specified'],
    [{ endpoint: '' }, 'must be an absolute URL'],
    [{ endpoint: 'localhost:4318' }, 'must be an absolute URL'],
    [{ endpoint: '127.0.0.1:4318' }, 'must be an absolute URL'],
    [{ traces_endpoint: 'ftp://x' }, 'must be an http:// or https:// URL'],
    [{ endpoint: 'http://x', compression: 'snappy' }, 'compression'],
    [{ endpoint: 'http://x', compression_params: { level: 12 } }, 'unsupported level 12'],
    [{ endpoint: 'http://x', encoding: 'xml' }, 'encoding'],
    [{ endpoint: 'http://x', tls: { cert_file: 'a' } }, 'provide both certificate and key, or neither'],
    [{ endpoint: 'http://x', tls: { ca_file: 'a', ca_pem: 'b' } }, "either 'ca_file' or 'ca_pem'"],
    [
      { endpoint: 'http://x', tls: { min_version: '1.3', max_version: '1.2' } },
      "'min_version' cannot be greater",
    ],
  ])('refuses %j', (config, message) => {
    expect(create(otlpHttpExporter, config)).toThrow(message)
  })

  it('accepts every setting of the reference client', () => {
    const config = {
      endpoint: 'https://h',
      proxy_url: 'http://proxy:3128',
      max_idle_conns: 100,
      max_idle_conns_per_host: 0,
      max_conns_per_host: 0,
      idle_conn_timeout: '90s',
      disable_keep_alives: false,
      force_attempt_http2: true,
      http2_read_idle_timeout: '10s',
      http2_ping_timeout: '10s',
      read_buffer_size: 0,
      write_buffer_size: 524_288,
      cookies: { enabled: true },
      compression_params: { level: 5 },
      tls: {
        include_system_ca_certs_pool: true,
        cipher_suites: ['TLS_AES_128_GCM_SHA256'],
        reload_interval: '1h',
      },
    }
    expect(create(otlpHttpExporter, config)).not.toThrow()
  })

  it.each(['content-length', 'Transfer-Encoding', 'connection'])('refuses to set %s', async (name) => {
    const starting = run(otlpHttpExporter, { endpoint: 'http://h', headers: { [name]: '1' } })
    await expect(starting).rejects.toThrow(name)
  })

  it('refuses a header that would inject another, without showing its value', async () => {
    const starting = run(otlpHttpExporter, {
      endpoint: 'http://h',
      headers: { 'x-key': 'secret\r\nx-admin: 1' },
    })
    await expect(starting).rejects.toThrow(/^(?!.*secret).*x-key/)
  })

  it('names an authenticator that is not running', async () => {
    const starting = run(otlpHttpExporter, { endpoint: 'http://h', auth: { authenticator: 'oauth2client' } })
    await expect(starting).rejects.toThrow('failed to resolve authenticator "oauth2client"')
  })

  it('does not start with a certificate that cannot be read', async () => {
    const starting = run(otlpHttpExporter, { endpoint: 'http://h', tls: { ca_file: '/nowhere/ca.pem' } })
    await expect(starting).rejects.toThrow('failed to load TLS CA from /nowhere/ca.pem')
  })
})

describe('otlp_grpc', () => {
  it('7.2: has the defaults of the reference', () => {
    expect(parseConfig(otlpGrpcExporter.schema, { endpoint: 'localhost:4317' })).toMatchObject({
      compression: 'gzip',
      timeout: 5_000,
      balancer_name: 'round_robin',
      wait_for_ready: false,
      tls: { insecure: false },
    })
    expect(parseConfig(otlpGrpcExporter.schema, { keepalive: null })).toMatchObject({
      keepalive: { time: 10_000, timeout: 10_000, permit_without_stream: false },
    })
  })

  it.each([
    [{}, 'requires a non-empty "endpoint"'],
    [{ endpoint: 'https://' }, 'requires a non-empty "endpoint"'],
    [{ endpoint: 'localhost' }, 'invalid port ""'],
    [{ endpoint: 'localhost:otlp' }, 'invalid port "otlp"'],
    [{ endpoint: 'localhost:70000' }, 'invalid port "70000"'],
    [{ endpoint: 'x:1', compression: 'zstd' }, 'compression'],
    [{ endpoint: 'x:1', balancer_name: 'random' }, 'balancer_name'],
  ])('refuses %j', (config, message) => {
    expect(create(otlpGrpcExporter, config)).toThrow(message)
  })

  it.each([
    'h:4317',
    '[::1]:4317',
    'dns:///h:4317',
    'dns://8.8.8.8/h:4317',
    'https://h:4317',
    'unix:///run/s',
  ])('accepts %s', (endpoint) => {
    expect(create(otlpGrpcExporter, { endpoint })).not.toThrow()
  })

  it('refuses a header that gRPC does not allow', async () => {
    const starting = run(otlpGrpcExporter, { endpoint: 'h:1', headers: { 'x key': '1' } })
    await expect(starting).rejects.toThrow('x key')
  })
})
