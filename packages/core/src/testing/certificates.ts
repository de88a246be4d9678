import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** A certificate and its key, both as PEM text. */
export interface TestCertificate {
  readonly cert: string
  readonly key: string
}

/** A certificate authority that lives as long as a test. */
export interface TestAuthority extends TestCertificate {
  /** A certificate for `localhost` and `127.0.0.1` that this authority signed. */
  issue(commonName?: string): TestCertificate
}

/** Makes an authority with keys of its own, so that no key needs to be stored with the tests. */
export function testAuthority(commonName = 'Test CA'): TestAuthority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuer = { name: commonName, key: keys.privateKey }
  return {
    cert: certificate({ subject: commonName, publicKey: keys.publicKey, issuer, authority: true }),
    key: keyPem(keys.privateKey),
    issue(subject = 'localhost') {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      return {
        cert: certificate({ subject, publicKey: own.publicKey, issuer, authority: false }),
        key: keyPem(own.privateKey),
      }
    },
  }
}

interface CertificateFacts {
  readonly subject: string
  readonly publicKey: KeyObject
  readonly issuer: { readonly name: string; readonly key: KeyObject }
  readonly authority: boolean
}

/** X.509 version 3 in DER (RFC 5280), signed with ECDSA and SHA-256. */
function certificate({ subject, publicKey, issuer, authority }: CertificateFacts): string {
  const algorithm = sequence(oid('2a8648ce3d040302'))
  const extensions = authority
    ? [extension('551d13', sequence(tlv(0x01, Buffer.of(0xff))))]
    : [extension('551d11', sequence(tlv(0x82, Buffer.from('localhost')), tlv(0x87, Buffer.of(127, 0, 0, 1))))]
  const body = sequence(
    tlv(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    name(issuer.name),
    sequence(tlv(0x17, Buffer.from('200101000000Z')), tlv(0x17, Buffer.from('491231235959Z'))),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensions)),
  )
  const signature = sign('sha256', body, issuer.key)
  const der = sequence(body, algorithm, tlv(0x03, Buffer.concat([Buffer.of(0), signature])))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

const keyPem = (key: KeyObject): string => String(key.export({ type: 'pkcs8', format: 'pem' }))

function tlv(tag: number, content: Buffer): Buffer {
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content])
  if (length < 0x100) return Buffer.concat([Buffer.of(tag, 0x81, length), content])
  return Buffer.concat([Buffer.of(tag, 0x82, length >> 8, length & 0xff), content])
}

const sequence = (...parts: readonly Buffer[]): Buffer => tlv(0x30, Buffer.concat(parts))
const integer = (bytes: Buffer): Buffer => tlv(0x02, bytes)
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, 'hex'))
const extension = (id: string, value: Buffer): Buffer => sequence(oid(id), tlv(0x04, value))
const name = (text: string): Buffer =>
  sequence(tlv(0x31, sequence(oid('550403'), tlv(0x0c, Buffer.from(text)))))
