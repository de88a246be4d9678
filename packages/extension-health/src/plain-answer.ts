import { formatDuration, type HttpAnswer } from '@spanloom/core'

import type { ResponseBodies } from './settings.ts'

/** What the reference writes where there is no time. */
const noTime = '0001-01-01T00:00:00Z'

/** The answer of the plain mode; `readySince` is undefined while the pipelines do not run (11.1). */
export function plainAnswer(readySince: number | undefined, now: number, bodies: ResponseBodies): HttpAnswer {
  const ready = readySince !== undefined
  const status = ready ? 200 : 503
  const own = ready ? bodies.healthy : bodies.unhealthy
  if (own !== undefined)
    return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: own }
  const body = {
    status: ready ? 'Server available' : 'Server not available',
    upSince: ready ? new Date(readySince).toISOString() : noTime,
    uptime: ready ? formatDuration(Math.max(0, now - readySince)) : '',
  }
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
