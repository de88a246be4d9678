import { SpanloomError } from '@spanloom/core'

import type { CliContext } from '../cli-context.ts'
import { type TokenFlags, tokenOf } from '../token.ts'

/** Where history can be read. */
export type HistorySource = 'github' | 'gitlab' | 'jira'

/** What all sources are told. */
export interface RequestFlags extends TokenFlags {
  readonly since: string
  readonly until?: string
  readonly apiUrl?: string
  readonly user?: string
}

const publicApis = {
  github: 'https://api.github.com',
  gitlab: 'https://gitlab.com/api/v4',
  jira: undefined,
} as const

const tokenVariables = { github: 'GITHUB_TOKEN', gitlab: 'GITLAB_TOKEN', jira: 'JIRA_TOKEN' } as const

/** @throws SpanloomError `API_URL_MISSING` for Jira without an address */
export function apiUrlOf(source: HistorySource, { apiUrl }: RequestFlags): string {
  const url = apiUrl ?? publicApis[source]
  if (url !== undefined) return url
  throw new SpanloomError('API_URL_MISSING', 'The address of the Jira site is missing.', {
    hint: 'Name it with --api-url https://your-site.atlassian.net .',
  })
}

/**
 * The headers that prove who asks.
 *
 * @throws SpanloomError `TOKEN_MISSING`, `TOKEN_INVALID`
 */
export async function authHeaders(
  source: HistorySource,
  flags: RequestFlags,
  context: Pick<CliContext, 'env' | 'readFile'>,
): Promise<Readonly<Record<string, string>>> {
  const { tokenEnv, tokenFile, user } = flags
  const variable = tokenEnv ?? tokenVariables[source]
  const token = await tokenOf(flags, { fallback: tokenVariables[source], owner: source }, context)
  if (token === undefined) {
    // What is public can be read without a token, though slowly.
    if (source === 'github' && tokenEnv === undefined && tokenFile === undefined) return versions.github
    throw new SpanloomError('TOKEN_MISSING', `There is no token for ${source}.`, {
      hint: `Put it into the variable ${variable}, or into a file named with --token-file.`,
    })
  }
  if (source === 'gitlab') return { 'private-token': token }
  if (source === 'github') return { ...versions.github, authorization: `Bearer ${token}` }
  const name = user ?? context.env['JIRA_USER']
  const credentials =
    name === undefined ? `Bearer ${token}` : `Basic ${Buffer.from(`${name}:${token}`).toString('base64')}`
  return { authorization: credentials }
}

const versions = {
  github: { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' },
} as const

const unitsMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000 }

/**
 * A moment: a date, a date with time (UTC where it names no zone), or how long ago, such as `30d` or `12h`.
 *
 * @throws SpanloomError `TIME_INVALID`
 */
export function parseMoment(flag: string, text: string, nowMs: number): number {
  const [, amount, unit] = /^(\d{1,6})([dhm])$/.exec(text) ?? []
  if (amount !== undefined) return nowMs - Number(amount) * (unitsMs[unit ?? ''] ?? 0)
  const dated = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?)?$/.test(text)
  const zoned = /[Z]$|[+-]\d\d:\d\d$|^\d{4}-\d\d-\d\d$/.test(text)
  const time = dated ? Date.parse(zoned ? text : `${text}Z`) : Number.NaN
  if (!Number.isNaN(time)) return time
  throw new SpanloomError('TIME_INVALID', `${flag} is no time: "${text}".`, {
    hint: 'Write 2026-03-01, 2026-03-01T08:00:00Z, or how long ago, such as 30d or 12h.',
  })
}

/** @throws SpanloomError `NAME_INVALID` for what cannot be a repository or project of the source */
export function checkNames(source: HistorySource, names: readonly string[]): void {
  const patterns = {
    github: /^[A-Za-z0-9-]{1,100}\/[A-Za-z0-9._-]{1,100}$/,
    gitlab: /^(?:\d+|[\w.-]+(?:\/[\w.-]+)+)$/,
    jira: /^[A-Z][A-Z0-9_]{1,99}$/i,
  }
  const examples = { github: 'acme/shop', gitlab: 'acme/shop or 4711', jira: 'SHOP' }
  for (const name of names)
    if (!patterns[source].test(name) || name.split('/').some((part) => /^\.+$/.test(part)))
      throw new SpanloomError('NAME_INVALID', `"${name}" names nothing of ${source}.`, {
        hint: `Write it like ${examples[source]}.`,
      })
  if (names.length === 0)
    throw new SpanloomError('NAME_MISSING', 'Nothing is named that could be read.', {
      hint: `Name it with ${source === 'github' ? '--repo' : '--project'} ${examples[source]}.`,
    })
}
