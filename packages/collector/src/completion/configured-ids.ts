import { isMap, parseDocument } from 'yaml'

/** More than a configuration has; what is larger is not read at every press of a key. */
const longest = 1_048_576

/**
 * Ids in a section of configuration files, or of `pipelines`. Files that cannot be read or understood have none: a
 * completion is no place for errors.
 */
export async function configuredIds(
  section: string,
  files: readonly string[],
  readFile: (path: string) => Promise<Uint8Array>,
): Promise<readonly string[]> {
  const path = section === 'pipelines' ? ['service', section] : [section]
  const ids = await Promise.all(
    files.map(async (file) => {
      try {
        const bytes = await readFile(file.replace(/^file:/, ''))
        if (bytes.byteLength > longest) return []
        const node: unknown = parseDocument(new TextDecoder().decode(bytes), { logLevel: 'silent' }).getIn(
          path,
          true,
        )
        return isMap(node) ? node.items.map(({ key }) => String(key)) : []
      } catch {
        return []
      }
    }),
  )
  return [...new Set(ids.flat())]
}
