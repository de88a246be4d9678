/** Writes the week: `node config/samples/valuestream-week/generate.ts > config/samples/valuestream-week.jsonl`. */
import { weekOf } from './week.ts'

for (const { source, headers, body } of weekOf(20_260_302))
  process.stdout.write(`${JSON.stringify({ source, headers, body })}\n`)
