/** A blob as a list tells of it. */
export interface ListedBlob {
  readonly name: string
  readonly etag: string
  readonly lastModifiedMs: number
  readonly metadata: ReadonlyMap<string, string>
}

/** One page of a list. */
export interface BlobPage {
  readonly blobs: readonly ListedBlob[]
  /** Empty on the last page. */
  readonly next: string
}

/** Reads the XML answer of "List Blobs" with metadata; only what we need, and nothing that XML could do beyond that. */
export function parseBlobList(xml: string): BlobPage {
  const blobs: ListedBlob[] = []
  for (const blob of contents(xml, 'Blob')) {
    const metadata = new Map<string, string>()
    for (const [, name = '', value = ''] of (content(blob, 'Metadata') ?? '').matchAll(
      /<([\w-]+)>([^<]*)<\/\1>/g,
    ))
      metadata.set(name.toLowerCase(), text(value))
    blobs.push({
      name: text(content(blob, 'Name') ?? ''),
      etag: text(content(blob, 'Etag') ?? ''),
      lastModifiedMs: Date.parse(text(content(blob, 'Last-Modified') ?? '')),
      metadata,
    })
  }
  return { blobs, next: text(content(xml, 'NextMarker') ?? '') }
}

function content(xml: string, name: string): string | undefined {
  const [first] = contents(xml, name)
  return first
}

/** Contents of all elements of that name; they do not nest in this answer. */
function* contents(xml: string, name: string): Generator<string> {
  const open = new RegExp(`<${name}(?: [^>]*)?>`, 'g')
  const close = `</${name}>`
  for (let match = open.exec(xml); match !== null; match = open.exec(xml)) {
    const end = xml.indexOf(close, open.lastIndex)
    if (end < 0) return
    yield xml.slice(open.lastIndex, end)
    open.lastIndex = end + close.length
  }
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function text(escaped: string): string {
  return escaped.replaceAll(/&(?:#(\d{1,6})|#x([0-9a-f]{1,5})|(\w{2,4}));/gi, (whole, decimal, hex, name) => {
    if (typeof name === 'string') return entities[name] ?? whole
    const code = typeof decimal === 'string' ? Number(decimal) : Number.parseInt(String(hex), 16)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
