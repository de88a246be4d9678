import { request as httpRequest, type ClientRequest, type IncomingMessage, STATUS_CODES } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'

import type { TlsClientOptions } from '@spanloom/core'

import { endToEnd } from '../http/end-to-end-headers.ts'

/** What the other side said to a handshake. */
export type HandshakeAnswer =
  | {
      readonly kind: 'accepted'
      readonly response: IncomingMessage
      readonly socket: Socket
      readonly head: Buffer
    }
  | { readonly kind: 'refused'; readonly response: IncomingMessage }
  | { readonly kind: 'failed'; readonly error: Error }

/** No extension is agreed on, so that every frame can be read. */
const notPassed: ReadonlySet<string> = new Set(['sec-websocket-extensions'])

/**
 * Repeats a handshake at the other side, with the headers as they came: key and answer stay those of the two who talk.
 * `done` is called once.
 */
export function repeatHandshake(
  url: URL,
  request: IncomingMessage,
  tls: TlsClientOptions,
  done: (answer: HandshakeAnswer) => void,
): ClientRequest {
  const secure = url.protocol === 'wss:'
  const headers = ['Host', url.host, 'Connection', 'Upgrade', 'Upgrade', 'websocket']
  headers.push(...endToEnd(request.rawHeaders, notPassed))
  const options = {
    method: 'GET',
    host: url.hostname.replaceAll(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: request.url ?? '/',
    headers,
    agent: false as const,
    setHost: false,
  }
  const outgoing = secure ? httpsRequest({ ...options, ...tls }) : httpRequest(options)
  outgoing.on('upgrade', (response, socket: Socket, head) =>
    done({ kind: 'accepted', response, socket, head }),
  )
  outgoing.on('response', (response) => done({ kind: 'refused', response }))
  outgoing.on('error', (error) => done({ kind: 'failed', error }))
  outgoing.end()
  return outgoing
}

/** The head of a positive answer, as the other side gave it. */
export function acceptance({ statusCode = 101, statusMessage, rawHeaders }: IncomingMessage): Buffer {
  const lines = [
    `HTTP/1.1 ${statusCode} ${statusMessage || STATUS_CODES[statusCode]}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
  ]
  const headers = endToEnd(rawHeaders, notPassed)
  for (let at = 0; at + 1 < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`)
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}
