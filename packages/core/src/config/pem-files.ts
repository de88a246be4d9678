import { createPrivateKey, X509Certificate } from 'node:crypto'

import { type Path, inMessage } from '../schema/issue.ts'
import type { PemFile } from '../schema/settle.ts'
import type { Fault } from './faults.ts'
import { readingError, relativeHint } from './source-reader.ts'

/** Reads a file that settings name. */
type ReadFile = (path: string) => Promise<Uint8Array>

/** Finds the files of certificates and keys that cannot be read, hold something else, or do not fit together. */
export async function pemFaults(files: readonly PemFile[], readFile: ReadFile): Promise<readonly Fault[]> {
  const faults: Fault[] = []
  const certificates = new Map<string, X509Certificate>()
  const keys: { readonly file: PemFile; readonly key: ReturnType<typeof createPrivateKey> }[] = []
  for (const file of files) {
    const text = await textOf(file, readFile)
    if (typeof text !== 'string') {
      faults.push(text)
      continue
    }
    try {
      if (file.pem === 'key') keys.push({ file, key: createPrivateKey(text) })
      else certificates.set(pairOf(file.path), new X509Certificate(text))
    } catch {
      faults.push(notPem(file))
    }
  }
  for (const { file, key } of keys) {
    if (certificates.get(pairOf(file.path))?.checkPrivateKey(key) === false) faults.push(unfitting(file))
  }
  return faults
}

async function textOf({ path, file }: PemFile, readFile: ReadFile): Promise<string | Fault> {
  try {
    return new TextDecoder().decode(await readFile(file))
  } catch (error) {
    const message = `unable to read the file ${inMessage(file)}: ${readingError(error)}`
    const suggestion = file.startsWith('/') ? {} : { suggestion: relativeHint }
    return { code: 'unreadable_file', path, message, at: 'value', ...suggestion }
  }
}

function notPem({ path, file, pem }: PemFile): Fault {
  const [what, begin] =
    pem === 'key'
      ? ['key without a passphrase', '-----BEGIN PRIVATE KEY-----']
      : ['certificate', '-----BEGIN CERTIFICATE-----']
  const message = `the file ${inMessage(file)} holds no ${what} in PEM form`
  return { code: 'invalid_file', path, message, at: 'value', suggestion: `Such a file begins with ${begin}` }
}

function unfitting({ path, file }: PemFile): Fault {
  const message = `the key in ${inMessage(file)} does not belong to the certificate`
  return {
    code: 'invalid_file',
    path,
    message,
    at: 'value',
    suggestion: 'Name the key that the certificate was made with.',
  }
}

/** A certificate and its key stand in one section, and their settings differ in one word. */
function pairOf(path: Path): string {
  return JSON.stringify([...path.slice(0, -1), String(path.at(-1)).replace(/^(cert|key)_/, '')])
}
