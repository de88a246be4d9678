/** What a request body is made of; stored beside it as text, see `ExporterSender.format`. */
export interface BodyFormat {
  readonly mediaType: string
  /** Name of the compression as HTTP has it; absent = none. */
  readonly compression?: string | undefined
}

/** The text of a format: a media type, and after a blank the compression if there is one. */
export function bodyFormat({ mediaType, compression }: BodyFormat): string {
  return compression === undefined ? mediaType : `${mediaType} ${compression}`
}

/** The inverse of `bodyFormat`. */
export function parseBodyFormat(format: string): BodyFormat {
  const blank = format.indexOf(' ')
  if (blank < 0) return { mediaType: format }
  return { mediaType: format.slice(0, blank), compression: format.slice(blank + 1) }
}
