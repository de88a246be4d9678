import { readFileSync } from 'node:fs'

/** The cases of one fixture file. */
export function fixture<Case>(name: string): readonly Case[] {
  const path = new URL(`fixtures/${name}.json`, import.meta.url)
  const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: readonly Case[] }
  return cases
}
