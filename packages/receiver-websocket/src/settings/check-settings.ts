import { validateHeaderName, validateHeaderValue } from 'node:http'

import {
  checkTlsClient,
  checkTlsServer,
  endpointFault,
  headerEntries,
  type HeaderMap,
  messageOf,
  networkFault,
  redactUrl,
  type ReportIssue,
} from '@spanloom/core'

import { templateFault } from '../http/path-template.ts'
import { isPointer } from '../message/json-pointer.ts'
import { profileOf } from './read-settings.ts'
import type { Settings } from './schema.ts'

type Path = readonly (string | number)[]

/** Finds what the schema cannot express. */
export function checkSettings(settings: Settings, report: ReportIssue): void {
  checkPointers(settings, report)
  checkPatterns(settings, report)
  checkConnections(settings, report)
  checkForward(settings, report)
  checkCallback(settings, report)
  checkMode(settings, report)
  checkTlsClient(settings.tls, ['tls'], report)
}

function checkMode(settings: Settings, report: ReportIssue): void {
  const { mode, connections = [], listen, upstream, forward, callback } = settings
  if (mode === 'tap') {
    if (listen === undefined)
      report(
        ['listen'],
        'mode tap needs listen, where the integrator connects',
        'Such as listen: { endpoint: 127.0.0.1:9200 }',
      )
    if (upstream === undefined)
      report(
        ['upstream'],
        'mode tap needs upstream, where connections go',
        'Such as upstream: wss://connector.example.test',
      )
    if (connections.length > 0)
      report(['connections'], 'mode tap makes no connections of its own; use upstream')
    return
  }
  if (connections.length === 0 && listen === undefined)
    report(
      [],
      'mode bridge needs connections to make, or listen to take them',
      'Such as connections: [{ url: wss://connector.example.test/entry }]',
    )
  if (upstream !== undefined)
    report(['upstream'], 'only mode tap has an upstream; use connections', 'Or set mode: tap.')
  if (forward === undefined)
    report(
      ['forward'],
      'mode bridge needs forward, the local API that carries out commands',
      'Set forward.url, such as http://127.0.0.1:9000/commands/{operation}',
    )
  if (callback === undefined && hasHttpReplies(settings))
    report(['callback'], 'answers of this profile go over HTTP: set callback::url', 'Or set reply: none.')
}

/** The profile may be at fault, which is told where its pointers are. */
function hasHttpReplies(settings: Settings): boolean {
  try {
    return profileOf(settings).reply === 'http'
  } catch {
    return false
  }
}

function checkConnections({ connections = [], listen, upstream }: Settings, report: ReportIssue): void {
  connections.forEach(({ url, headers }, index) => {
    checkSocketUrl(url, ['connections', index, 'url'], report)
    checkHeaders(headers, ['connections', index, 'headers'], report)
  })
  const names = connections.map(({ name, url }) => name ?? url)
  if (new Set(names).size < names.length) report(['connections'], 'two connections have the same name')
  if (upstream !== undefined) checkSocketUrl(upstream, ['upstream'], report)
  if (listen === undefined) return
  const fault = listen.endpoint === undefined ? undefined : endpointFault(listen.endpoint)
  if (fault !== undefined) report(['listen', 'endpoint'], fault)
  checkTlsServer(listen.tls, ['listen', 'tls'], report)
}

function checkSocketUrl(text: string, path: Path, report: ReportIssue): void {
  if (isSocketUrl(text)) return
  const meant = text.replace(/^http(s?):/, 'ws$1:')
  report(
    path,
    'the URL of a WebSocket begins with ws:// or wss://',
    isSocketUrl(meant) ? redactUrl(meant) : 'Such as wss://connector.example.test/entry',
  )
}

const isSocketUrl = (text: string): boolean => /^wss?:$/.test(URL.parse(text)?.protocol ?? '')

function checkForward({ forward }: Settings, report: ReportIssue): void {
  if (forward === undefined) return
  const fault = templateFault(forward.url)
  if (fault !== undefined) report(['forward', 'url'], fault, urlHint)
  checkHeaders(forward.headers, ['forward', 'headers'], report)
  if (forward.request_id_header !== '')
    checkName(forward.request_id_header, ['forward', 'request_id_header'], report)
}

const urlHint =
  'Write the whole URL, beginning with http:// or https://, such as https://connector.example.test/callback/{operation}'

function checkCallback(
  { callback, response_header: header, tenant_header: tenant }: Settings,
  report: ReportIssue,
): void {
  checkName(header, ['response_header'], report)
  if (tenant !== '') checkName(tenant, ['tenant_header'], report)
  if (callback === undefined) return
  const fault = templateFault(callback.url)
  if (fault !== undefined) report(['callback', 'url'], fault, urlHint)
  checkHeaders(callback.headers, ['callback', 'headers'], report)
  const proxyFault = callback.proxy === undefined ? undefined : endpointFault(callback.proxy)
  if (proxyFault !== undefined) report(['callback', 'proxy'], proxyFault)
  callback.allow_networks.forEach((network, index) => {
    const networkIssue = networkFault(network)
    if (networkIssue !== undefined)
      report(['callback', 'allow_networks', index], networkIssue, 'Such as 10.1.0.0/16.')
  })
  callback.allowed_origins.forEach((origin, index) => {
    if (!/^https?:$/.test(URL.parse(origin)?.protocol ?? ''))
      report(
        ['callback', 'allowed_origins', index],
        'an origin such as https://connector.example.test is needed',
      )
  })
  if (callback.sign !== undefined) checkName(callback.sign.header, ['callback', 'sign', 'header'], report)
}

function checkPointers({ fields, attributes = {}, ...settings }: Settings, report: ReportIssue): void {
  const check = (text: string | undefined, path: Path): void => {
    if (text !== undefined && !isPointer(text))
      report(path, `"${text}" is no JSON Pointer such as /rID`, `/${text.replaceAll('.', '/')}`)
  }
  for (const [name, text] of Object.entries(fields)) check(text, ['fields', name])
  for (const [name, text] of Object.entries(attributes)) check(text, ['attributes', name])
  check(settings.ordering_key, ['ordering_key'])
  check(settings.error_pointer, ['error_pointer'])
  check(settings.callback?.url_pointer, ['callback', 'url_pointer'])
  if (settings.ordering === 'per_key' && settings.ordering_key === undefined)
    report(['ordering_key'], 'ordering: per_key needs the JSON Pointer of the key')
}

function checkPatterns({ ignore_messages: patterns, heartbeat }: Settings, report: ReportIssue): void {
  patterns.forEach((pattern, index) => {
    try {
      RegExp(pattern, 'u')
    } catch (error) {
      report(['ignore_messages', index], messageOf(error))
    }
  })
  if (heartbeat.kind !== 'json') return
  try {
    JSON.parse(heartbeat.message)
  } catch {
    report(['heartbeat', 'message'], 'a heartbeat of kind json needs a message that is JSON')
  }
}

function checkHeaders(headers: HeaderMap | undefined, path: Path, report: ReportIssue): void {
  try {
    for (const [name, value] of headerEntries(headers)) {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    }
  } catch (error) {
    // Names the header, never its value.
    report(path, messageOf(error))
  }
}

function checkName(name: string, path: Path, report: ReportIssue): void {
  try {
    validateHeaderName(name)
  } catch {
    report(path, `"${name}" is no name of a header`)
  }
}
