import { StartError } from '@spanloom/core'

/** A connection string of Event Hubs, taken apart (`eventhubs.md` section 2). */
export interface ConnectionString {
  /** Host name of the namespace, without port. */
  readonly host: string
  /** Port, where the endpoint names one; needed for the emulator only. */
  readonly port?: number
  /** `EntityPath`: name of the hub. */
  readonly hub?: string
  readonly credential: SharedKey | SharedSignature
  /** `UseDevelopmentEmulator=true`: plain TCP, no TLS. */
  readonly emulator: boolean
}

export interface SharedKey {
  readonly kind: 'key'
  readonly name: string
  readonly key: string
}

/** A signature made by somebody else; it is never renewed. */
export interface SharedSignature {
  readonly kind: 'signature'
  readonly signature: string
}

/**
 * Reads a connection string. Names of its parts are recognised in any capitalisation, values may contain `=`.
 *
 * @throws StartError `CONNECTION_STRING_INVALID`, whose message says what is wrong and never quotes a value.
 */
export function parseConnectionString(text: string): ConnectionString {
  const parts = partsOf(text)
  const endpoint = parts.get('endpoint')
  if (endpoint === undefined) throw invalid('it has no Endpoint')
  const hub = parts.get('entitypath')
  return {
    ...hostOf(endpoint),
    ...(hub ? { hub } : {}),
    credential: credentialOf(parts),
    emulator: parts.get('usedevelopmentemulator')?.toLowerCase() === 'true',
  }
}

/**
 * Writes the string again for a client that wants one, with the hub in it, or for the whole namespace. Clients differ in how they take unusual
 * spelling; this form all of them understand.
 */
export function formatConnectionString(
  { host, port, credential, emulator }: ConnectionString,
  hub: string | undefined,
): string {
  const parts = [`Endpoint=sb://${port === undefined ? host : `${host}:${port}`}/`]
  if (credential.kind === 'key')
    parts.push(`SharedAccessKeyName=${credential.name}`, `SharedAccessKey=${credential.key}`)
  else parts.push(`SharedAccessSignature=${credential.signature}`)
  if (hub !== undefined) parts.push(`EntityPath=${hub}`)
  if (emulator) parts.push('UseDevelopmentEmulator=true')
  return parts.join(';')
}

function partsOf(text: string): ReadonlyMap<string, string> {
  const parts = new Map<string, string>()
  for (const part of text.split(';')) {
    if (part.trim() === '') continue
    const equals = part.indexOf('=')
    if (equals < 1) throw invalid('it is not a list of Name=Value separated by semicolons')
    const name = part.slice(0, equals).trim().toLowerCase()
    if (parts.has(name)) throw invalid(`it has ${known.get(name) ?? 'one of its parts'} twice`)
    parts.set(name, part.slice(equals + 1).trim())
  }
  return parts
}

function hostOf(endpoint: string): Pick<ConnectionString, 'host' | 'port'> {
  // Strict, so that a key pasted into the wrong place is never taken for a host and shown.
  const parts = /^[a-z]+:\/\/([a-z0-9.-]+|\[[0-9a-f:]+\])(?::(\d{1,5}))?\/?$/i.exec(endpoint)
  if (parts === null) throw invalid('its Endpoint is no URL such as sb://acme.servicebus.windows.net/')
  const [, host = '', port] = parts
  return { host: host.toLowerCase(), ...(port === undefined ? {} : { port: Number(port) }) }
}

function credentialOf(parts: ReadonlyMap<string, string>): SharedKey | SharedSignature {
  const name = parts.get('sharedaccesskeyname')
  const key = parts.get('sharedaccesskey')
  const signature = parts.get('sharedaccesssignature')
  if (signature !== undefined) {
    if (name !== undefined || key !== undefined)
      throw invalid('it has both a SharedAccessSignature and a SharedAccessKey')
    if (signature === '') throw invalid('its SharedAccessSignature is empty')
    return { kind: 'signature', signature }
  }
  if (!name) throw invalid('it has no SharedAccessKeyName')
  if (!key) throw invalid('it has no SharedAccessKey')
  return { kind: 'key', name, key }
}

const known: ReadonlyMap<string, string> = new Map(
  [
    'Endpoint',
    'EntityPath',
    'SharedAccessKeyName',
    'SharedAccessKey',
    'SharedAccessSignature',
    'UseDevelopmentEmulator',
  ].map((name) => [name.toLowerCase(), name]),
)

const invalid = (what: string): StartError =>
  new StartError(
    'CONNECTION_STRING_INVALID',
    `The connection string of the event hub is not valid: ${what}.`,
    {
      hint: 'Copy it again from the shared access policies of the namespace or the hub.',
    },
  )
