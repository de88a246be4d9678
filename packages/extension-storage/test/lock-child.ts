// Holds a storage file until it is killed.
import { StoreFile } from '../src/database/store-file.ts'

const [, , path = '', owner = ''] = process.argv
const options = {
  path,
  owner,
  fsync: false,
  timeoutMs: 0,
  maxBytes: 0,
  minFreeBytes: 0,
  ballastBytes: 0,
  nowMs: 0,
}
const file = new StoreFile(options)
process.stdout.write('open\n')
setInterval(() => file.fileBytes(), 60_000)
