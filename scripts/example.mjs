#!/usr/bin/env node
// Runs one of the examples, each of which starts everything that it needs. Run it as `npm run example <name>`.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../examples/', import.meta.url))
const names = readdirSync(folder).filter((name) => existsSync(`${folder}${name}/run.mjs`))
const [name = ''] = process.argv.slice(2)
if (!names.includes(name)) {
  console.error(`Error: ${name === '' ? 'no example is named' : `there is no example "${name}"`}`)
  console.error(`There are ${names.join(', ')}.`)
  process.exit(1)
}
const { status } = spawnSync(process.execPath, [`${folder}${name}/run.mjs`], { stdio: 'inherit' })
process.exit(status ?? 1)
