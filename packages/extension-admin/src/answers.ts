import { createHash } from 'node:crypto'

import type { HttpAnswer } from '@spanloom/core'

/** The one style of all pages. */
export const style: string =
  'body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}' +
  'table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #ddd;padding:.3rem .6rem;text-align:left}' +
  'td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.bad{color:#b00020;font-weight:600}' +
  '@media(prefers-color-scheme:dark){body{background:#111;color:#eee}a{color:#9cf}th,td{border-color:#333}.bad{color:#ff6b81}}'

const styleHash = createHash('sha256').update(style).digest('base64')

/** Nothing is loaded, run, framed, kept or told to others. */
const securityHeaders = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
} as const

export function json(
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return {
    status,
    headers: { ...securityHeaders, 'Content-Type': 'application/json', ...headers },
    body: `${JSON.stringify(body)}\n`,
  }
}

export function page(body: string): HttpAnswer {
  return {
    status: 200,
    headers: { ...securityHeaders, 'Content-Type': 'text/html; charset=utf-8' },
    body,
  }
}

/** Lines of JSON that are sent as they come. */
export function lines(stream: AsyncIterable<string>): HttpAnswer {
  return { status: 200, headers: { ...securityHeaders, 'Content-Type': 'application/x-ndjson' }, stream }
}
