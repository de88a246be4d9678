import { type Clock, equalInConstantTime, HttpFault, type SourceRequest } from '@spanloom/core'

import type { GithubConfig, GitlabConfig, SourceConfig } from './config.ts'
import { behindPrefix, isSignedBase64, isSignedHex } from './signatures.ts'

/** Lets a request pass whose sender knows the secret of its source (`valuestream.md` section 2.1). */
export type Authenticate = (request: Pick<SourceRequest, 'headers' | 'query' | 'body'>) => void

type Sent = Parameters<Authenticate>[0]

/** A delivery that nobody signed, or that was changed. */
function refusal(message: string): HttpFault {
  return new HttpFault(401, 'UNAUTHENTICATED', message)
}

/** Headers that every delivery must carry; then the check of the source, if it has one. */
export function authentication(
  { required_headers: required = {} }: SourceConfig,
  check: Authenticate | undefined,
): Authenticate {
  const headers = Object.entries(required)
  return (request) => {
    for (const [name, expected] of headers) {
      const value = headerOf(request, name.toLowerCase())
      if (value === undefined || !equalInConstantTime(value, expected))
        throw refusal(`The header ${name} is missing or wrong.`)
    }
    check?.(request)
  }
}

/** HMAC-SHA256 of the body as it came, form text included. */
export function githubAuthentication({ secret, allow_sha1: sha1 }: GithubConfig): Authenticate | undefined {
  if (secret === undefined) return undefined
  return (request) => {
    const signature = headerOf(request, 'x-hub-signature-256')
    const old = sha1 ? headerOf(request, 'x-hub-signature') : undefined
    const algorithm = signature === undefined && old !== undefined ? 'sha1' : 'sha256'
    checkHmac(request, algorithm === 'sha1' ? old : signature, algorithm, secret, 'X-Hub-Signature-256')
  }
}

/** The secret token, or where a signing token is set a signature of id, time and body. */
export function gitlabAuthentication(config: GitlabConfig, clock: Clock): Authenticate | undefined {
  const { token, signing_token: signing, timestamp_tolerance: tolerance } = config
  if (signing !== undefined) return signedBy(signing, tolerance, clock)
  if (token === undefined) return undefined
  return (request) => {
    checkToken(token, [headerOf(request, 'x-gitlab-token')], 'The header X-Gitlab-Token is missing or wrong.')
  }
}

/** HMAC-SHA256 of the body; old webhooks without a secret have a token in their URL. */
export function jiraAuthentication({ secret, token }: SourceConfig): Authenticate | undefined {
  if (secret === undefined && token === undefined) return undefined
  return (request) => {
    const signature = headerOf(request, 'x-hub-signature')
    if (secret !== undefined && (signature !== undefined || token === undefined))
      checkHmac(request, signature, 'sha256', secret, 'X-Hub-Signature')
    else
      checkToken(
        token ?? '',
        [request.query.get('token') ?? undefined],
        'The query parameter token is missing or wrong.',
      )
  }
}

/** The plugin can only be given a URL, other senders may have headers. */
export function jenkinsAuthentication({ token }: SourceConfig): Authenticate | undefined {
  if (token === undefined) return undefined
  return (request) => {
    const given = [
      request.query.get('token') ?? undefined,
      bearerOf(request),
      headerOf(request, 'x-vs-token'),
    ]
    checkToken(
      token,
      given,
      'The token is missing or wrong: send it as ?token=, X-VS-Token or Authorization: Bearer.',
    )
  }
}

/** A signature in one of three spellings, else a bearer token. */
export function customHttpAuthentication({ secret, token }: SourceConfig): Authenticate | undefined {
  if (secret === undefined && token === undefined) return undefined
  return (request) => {
    const signature = headerOf(request, 'x-vs-signature')
    if (secret !== undefined && (signature !== undefined || token === undefined)) {
      if (signature === undefined) throw refusal('The header X-VS-Signature is missing.')
      const hex = behindPrefix(signature, 'sha256=') ?? signature
      if (isSignedHex('sha256', secret, request.body, hex)) return
      if (!isSignedBase64(secret, [request.body], signature))
        throw refusal('The signature in X-VS-Signature is wrong.')
    } else
      checkToken(token ?? '', [bearerOf(request)], 'The token in Authorization: Bearer is missing or wrong.')
  }
}

const maxSignatures = 16

/** As Standard Webhooks sign: the key of `whsec_` tokens is in base64 (`valuestream.md` chapter 15, 4). */
function signedBy(signing: string, toleranceMs: number, clock: Clock): Authenticate {
  const encoded = behindPrefix(signing, 'whsec_')
  const key = encoded === undefined ? Buffer.from(signing, 'utf8') : Buffer.from(encoded, 'base64')
  return (request) => {
    const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) =>
      headerOf(request, `webhook-${name}`),
    )
    if (id === undefined || timestamp === undefined || signatures === undefined)
      throw refusal('One of the headers webhook-id, webhook-timestamp and webhook-signature is missing.')
    const seconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN
    if (!(Math.abs(clock.now() - seconds * 1000) <= toleranceMs))
      throw refusal('The time in webhook-timestamp is too far off.')
    const signed = signatures
      .split(' ', maxSignatures)
      .map((entry) => behindPrefix(entry, 'v1,'))
      .filter((entry) => entry !== undefined)
      .map((entry) => isSignedBase64(key, [`${id}.${timestamp}.`, request.body], entry))
    if (!signed.includes(true)) throw refusal('The signature in webhook-signature is wrong.')
  }
}

function checkHmac(
  { body }: Sent,
  signature: string | undefined,
  algorithm: 'sha1' | 'sha256',
  secret: string,
  header: string,
): void {
  if (signature === undefined) throw refusal(`The header ${header} is missing.`)
  const hex = behindPrefix(signature, `${algorithm}=`)
  if (hex === undefined) throw refusal(`The signature in ${header} is not of ${algorithm}.`)
  if (!isSignedHex(algorithm, secret, body, hex)) throw refusal(`The signature in ${header} is wrong.`)
}

function checkToken(expected: string, given: readonly (string | undefined)[], message: string): void {
  const right = given.map((value) => value !== undefined && equalInConstantTime(value, expected))
  if (!right.includes(true)) throw refusal(message)
}

function bearerOf(request: Sent): string | undefined {
  const [, token] = /^Bearer +(.+)$/i.exec(headerOf(request, 'authorization') ?? '') ?? []
  return token
}

function headerOf({ headers }: Sent, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
