import type { BuildInfo } from '../component/options.ts'

/** What the collector calls itself to servers: `<product>/<version> (<os>/<arch>)` (OTE-01). */
export function userAgent({ command, version }: BuildInfo): string {
  return `${command}/${version} (${process.platform}/${process.arch})`
}
