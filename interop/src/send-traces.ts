/** Posts OTLP JSON to `host:port` and resolves with the status. */
export function sendJson(
  address: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  return send(address, body, { 'content-type': 'application/json', ...headers })
}

/** Posts OTLP protobuf to `host:port` and resolves with the status. */
export function sendProtobuf(
  address: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  return send(address, body, { 'content-type': 'application/x-protobuf', ...headers })
}

async function send(
  address: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  // The type of a body wants a buffer of its own, not a view of a shared one.
  const bytes = typeof body === 'string' ? body : Uint8Array.from(body)
  const response = await fetch(`http://${address}/v1/traces`, { method: 'POST', headers, body: bytes })
  await response.arrayBuffer()
  return response.status
}
