import { redactUrl } from '../schema/redact-url.ts'

const timeoutMs = 30_000
const longestBody = 1_048_576

/**
 * Gets the text of an http(s) source (CFG-46): one GET, status 200 required, nothing is tried again. The
 * answer is limited to 1 MiB and 30 seconds.
 */
export async function fetchSource(url: string, get: typeof fetch = fetch): Promise<string> {
  const response = await get(url, { signal: AbortSignal.timeout(timeoutMs) })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`${redactUrl(url)} answered with status ${response.status}`)
  }
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength
    if (length > longestBody) throw new Error(`${redactUrl(url)} is larger than ${longestBody} bytes`)
    chunks.push(chunk)
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
}
