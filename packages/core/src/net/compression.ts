import { promisify } from 'node:util'
import { constants, deflate, gzip, zstdCompress } from 'node:zlib'

/** How a request body may be compressed; the empty word means `none`. */
export type Compression = '' | 'none' | 'gzip' | 'zlib' | 'deflate' | 'zstd'

/** A body and what to call it in `Content-Encoding`. */
export interface Compressor {
  /** Absent where nothing is compressed. */
  readonly contentEncoding: string | undefined
  readonly compress: (body: Uint8Array) => Promise<Uint8Array> | Uint8Array
}

const runGzip = promisify(gzip)
const runDeflate = promisify(deflate)
const runZstd = promisify(zstdCompress)

/** Half the cost of the library's default, at about the same size (`performance.md` section 5). */
const fastestLevel = 1

/**
 * Compresses on the thread pool, off the main path. `level` 0 or absent means the fastest that pays off:
 * 1 for gzip, zlib and deflate, the library's own for zstd.
 */
export function createCompressor(compression: Compression, level = 0): Compressor {
  switch (compression) {
    case 'gzip':
      return { contentEncoding: 'gzip', compress: (body) => runGzip(body, { level: level || fastestLevel }) }
    // HTTP's deflate is the zlib format; the reference collector knows it by both names.
    case 'zlib':
    case 'deflate':
      return {
        contentEncoding: compression,
        compress: (body) => runDeflate(body, { level: level || fastestLevel }),
      }
    case 'zstd': {
      const params = level === 0 ? {} : { [constants.ZSTD_c_compressionLevel]: level }
      return { contentEncoding: 'zstd', compress: (body) => runZstd(body, { params }) }
    }
    case '':
    case 'none':
    default:
      return { contentEncoding: undefined, compress: (body) => body }
  }
}

/** The levels that `compression_params.level` may have for each algorithm. */
export function levelFault(compression: Compression, level: number): string | undefined {
  const [least, most] = compression === 'zstd' ? [1, 22] : [-1, 9]
  if (level === 0 || (level >= least && level <= most)) return undefined
  return `unsupported level ${level} for compression "${compression}": it may be ${least} to ${most}`
}
