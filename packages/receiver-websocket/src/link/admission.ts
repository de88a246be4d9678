import type { IncomingMessage } from 'node:http'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

import { equalInConstantTime } from '@spanloom/core'

/** Who may connect to us. What is absent is not asked for. */
export interface AdmissionSettings {
  /** Path of the socket; '' for any. */
  readonly path: string
  readonly basic: { readonly username: string; readonly password: string } | undefined
  readonly bearerToken: string | undefined
  readonly header: { readonly name: string; readonly value: string } | undefined
  /** Origins of web pages that may connect. */
  readonly allowedOrigins: ReadonlySet<string>
  readonly maxConnections: number
}

/** The status to refuse with; `undefined` for a client that may come in. */
export function refusalOf(
  request: IncomingMessage,
  settings: AdmissionSettings,
  openConnections: number,
): 401 | 403 | 404 | 503 | undefined {
  const { headers } = request
  const path = new URL(request.url ?? '/', 'ws://localhost').pathname
  if (settings.path !== '' && path !== settings.path) return 404
  // A browser says which page connects; without this check any page could talk to a server on this machine.
  if (headers.origin !== undefined && !settings.allowedOrigins.has(headers.origin)) return 403
  if (!isAuthorized(request, settings)) return 401
  return openConnections >= settings.maxConnections ? 503 : undefined
}

function isAuthorized(
  { headers }: IncomingMessage,
  { basic, bearerToken, header }: AdmissionSettings,
): boolean {
  const authorization = headers.authorization ?? ''
  if (basic !== undefined) {
    const credentials = Buffer.from(`${basic.username}:${basic.password}`).toString('base64')
    if (!equalInConstantTime(authorization, `Basic ${credentials}`)) return false
  }
  if (bearerToken !== undefined && !equalInConstantTime(authorization, `Bearer ${bearerToken}`)) return false
  if (header === undefined) return true
  const value = headers[header.name.toLowerCase()]
  return typeof value === 'string' && equalInConstantTime(value, header.value)
}

/** Answers a handshake with a plain HTTP response and closes the connection. */
export function refuseUpgrade(
  socket: Duplex,
  status: number,
  headers: readonly string[] = [],
  body: Buffer = Buffer.alloc(0),
): void {
  if (socket.destroyed) return
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}`, 'connection: close']
  for (let at = 0; at + 1 < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`)
  lines.push(`content-length: ${body.length}`, '', '')
  socket.on('error', () => undefined)
  socket.write(lines.join('\r\n'), 'latin1')
  socket.end(body)
}
