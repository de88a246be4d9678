import { websocket } from './websocket.ts'
import { markdownOf } from './report.ts'
const sections = await websocket({ rounds: Number(process.argv[2] ?? 3), commands: Number(process.argv[3] ?? 50000) }, console.error)
console.log(markdownOf({ startedAt: '', node: '', machine: '', sections } as never))
