import { type Document, type YAMLError, visit } from 'yaml'

/** How the place and the mending of a fault of YAML's own grammar are told. */
export interface YamlAdvice {
  /** Offset to point at. */
  readonly at: number
  readonly suggestion?: string
}

/**
 * Where a fault of YAML's grammar is for people, and how it is mended. The library tells where it noticed; of a quote
 * that is never closed, that is the end of the file.
 */
export function yamlAdvice(
  { code, message, pos }: YAMLError,
  text: string,
  document: Document.Parsed | Document,
): YamlAdvice {
  const [at] = pos
  if (/closing ["']/.test(message)) {
    return { at: openingQuote(document, at) ?? at, suggestion: 'Close the quote that begins here.' }
  }
  if (/ in block collection must be/.test(message) || /^Flow (map|sequence)/.test(message)) {
    return { at, suggestion: 'Close the bracket before this line, or indent what belongs into it.' }
  }
  const suggestion = advice[code]
  return {
    at: code === 'BAD_INDENT' ? firstLetter(text, at) : at,
    ...(suggestion === undefined ? {} : { suggestion }),
  }
}

const quote = 'Put the text in quotes.'

const advice: { readonly [code in YAMLError['code']]?: string } = {
  TAB_AS_INDENT: 'Indent with spaces.',
  BAD_INDENT: 'Give it the same indent as its siblings.',
  BAD_SCALAR_START: quote,
  BLOCK_AS_IMPLICIT_KEY: `${quote} Or begin a new line after the first colon.`,
  BAD_DQ_ESCAPE: 'Use single quotes: in them a backslash is only a character.',
  MISSING_CHAR: 'Write a colon and a space after the key.',
  MULTILINE_IMPLICIT_KEY: 'Write a colon and a space after the key.',
  BLOCK_IN_FLOW: 'Within brackets, separate with commas and use no dashes.',
  BAD_ALIAS: quote,
}

function openingQuote(document: Document.Parsed | Document, end: number): number | undefined {
  let found: number | undefined
  visit(document, {
    Scalar(_, { type, range }) {
      if ((type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE') && range && range[0] <= end && range[2] >= end)
        found = range[0]
    },
  })
  return found
}

function firstLetter(text: string, at: number): number {
  const blanks = /^[ \t]*/.exec(text.slice(at, at + 1000))?.[0].length ?? 0
  return at + blanks
}
