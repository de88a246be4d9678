import { errorText, SpanloomError } from '@spanloom/core'

import type { Verb } from './verb.ts'

const defaultUrl = 'http://localhost:13133/'
const patienceMs = 3000

/** Asks a collector whether it is healthy, for images that have no other program to ask with. */
export const healthcheckVerb: Verb = {
  define(program, { stdout }, act) {
    program
      .command('healthcheck [url]')
      .description(`Ask a running collector's health_check extension; the default is ${defaultUrl}`)
      .action((url: string | undefined) =>
        act(async () => {
          stdout.write(`${await ask(url ?? defaultUrl)}\n`)
          return 0
        }),
      )
  },
}

/** Resolves with the answer's status; an answer other than 2xx, or none in time, is an error. */
async function ask(url: string): Promise<string> {
  if (!/^https?:/.test(url) || !URL.canParse(url)) {
    throw new SpanloomError('INVALID_URL', `"${url}" is no address of a health check`, {
      hint: `It looks like ${defaultUrl}`,
    })
  }
  const response = await fetch(url, { signal: AbortSignal.timeout(patienceMs) }).catch((error: unknown) => {
    throw new SpanloomError('NO_ANSWER', `no answer from ${url}: ${causeOf(error)}`, { cause: error })
  })
  await response.body?.cancel()
  const status = `${response.status} ${response.statusText}`.trim()
  if (!response.ok) throw new SpanloomError('UNHEALTHY', `${url} answers ${status}`)
  return status
}

function causeOf(error: unknown): string {
  return errorText(error instanceof Error && error.cause !== undefined ? error.cause : error)
}
