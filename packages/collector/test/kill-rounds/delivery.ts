import { once } from 'node:events'
import { connect } from 'node:http2'
import { buffer } from 'node:stream/consumers'

/** Where a request goes; one entry for each receiver of the process under test. */
export type Door = 'otlp_http' | 'otlp_grpc' | 'invictus'

/** The final bytes of a request, which are the same at every attempt. */
export interface Parcel {
  readonly door: Door
  readonly body: Buffer
  readonly contentType: string
}

/** `again`: the sender may come again with it; `refused`: the process says that it never will take it. */
export type Answer = 'taken' | 'again' | 'refused'

const patienceMs = 10_000

/** Sends a parcel once to `host:port`. A process that dies meanwhile gives no answer, which means `again`. */
export async function deliver(address: string, parcel: Parcel): Promise<Answer> {
  try {
    return parcel.door === 'otlp_grpc' ? await overGrpc(address, parcel) : await overHttp(address, parcel)
  } catch {
    return 'again'
  }
}

async function overHttp(address: string, { door, body, contentType }: Parcel): Promise<Answer> {
  const path = door === 'invictus' ? '/' : '/v1/traces'
  const response = await fetch(`http://${address}${path}`, {
    method: 'POST',
    headers: { 'content-type': contentType },
    body: new Uint8Array(body),
    signal: AbortSignal.timeout(patienceMs),
  })
  await response.arrayBuffer()
  if (response.status === 200) return 'taken'
  return response.status === 503 || response.status === 429 ? 'again' : 'refused'
}

/** gRPC codes after which a sender may come again (`collector-conventions.md` section 15). */
const again = new Set([1, 4, 8, 10, 11, 14, 15])

async function overGrpc(address: string, { body, contentType }: Parcel): Promise<Answer> {
  const session = connect(`http://${address}`)
  const broken = once(session, 'error').then(([error]: unknown[]) => {
    throw error
  })
  broken.catch(() => undefined)
  const timer = setTimeout(() => session.destroy(new Error('No answer in time.')), patienceMs)
  try {
    return await Promise.race([broken, call()])
  } finally {
    clearTimeout(timer)
    session.destroy()
  }

  async function call(): Promise<Answer> {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      'content-type': contentType,
      te: 'trailers',
    })
    let status = -1
    const read = (headers: object): void => {
      if ('grpc-status' in headers) status = Number(headers['grpc-status'])
    }
    stream.on('response', read).on('trailers', read)
    const head = Buffer.alloc(5)
    head.writeUInt32BE(body.length, 1)
    stream.end(Buffer.concat([head, body]))
    await buffer(stream)
    if (status === 0) return 'taken'
    return status === -1 || again.has(status) ? 'again' : 'refused'
  }
}
