import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

/** A fault as a broken configuration declares it in its header, or as `validate --format json` tells it. */
export interface Fault {
  /** `<line>:<column>`, `<source>:<line>:<column>` in another source, or `-` where there is no place to point at. */
  readonly place: string
  /** Keys joined by `::`. */
  readonly path: string
  /** Declared: a part of the message. */
  readonly message: string
  /** Declared: a part of the suggestion; empty where nothing sensible can be suggested. */
  readonly suggestion: string
}

/** What a broken configuration says about itself in the comment on top of it. */
export interface Declaration {
  /** Further arguments of `validate`. */
  readonly args: readonly string[]
  /** Texts that nothing may show. */
  readonly secrets: readonly string[]
  readonly faults: readonly Fault[]
  readonly lines: readonly string[]
}

/**
 * Reads the header of a broken configuration: `# fault <place> | <path> | <part of the message> | <part of the
 * suggestion>`, `# args …` with `{folder}` for the folder of the file, `# secret …`.
 */
export function declarationOf(folder: string, file: string): Declaration {
  const lines = readFileSync(folder + file, 'utf8').split('\n')
  const values = (word: string): readonly string[] =>
    lines.flatMap((line) => (line.startsWith(`# ${word} `) ? [line.slice(word.length + 3)] : []))
  return {
    args: values('args').flatMap((text) => text.replaceAll('{folder}', folder).split(' ')),
    secrets: values('secret'),
    faults: values('fault').map((text) => {
      const [place = '', path = '', message = '', suggestion = ''] = text.split(' | ')
      return { place, path, message, suggestion }
    }),
    lines,
  }
}

/** What `validate --format json` printed about a file. */
export function printedFaults(stdout: string, folder: string, file: string): readonly Fault[] {
  const faults: readonly (Partial<Fault> & { file?: string; line?: number; column?: number })[] =
    JSON.parse(stdout)
  return faults.map(({ file: source, line, column, path = '', message = '', suggestion = '' }) => {
    const name = source?.startsWith(folder) ? relative(folder, source) : source
    const position = line === undefined ? '-' : `${line}:${column}`
    return {
      place: name === undefined || name === file ? position : `${name}:${position}`,
      path,
      message,
      suggestion,
    }
  })
}

/** How what was told compares with what was declared. */
export interface Comparison {
  /** Declared faults with what was told of each; `undefined` where it was not found. */
  readonly pairs: readonly { readonly declared: Fault; readonly told: Fault | undefined }[]
  /** What was told and not declared. */
  readonly extra: readonly Fault[]
}

/** Finds what was told of each declared fault, by path and message. */
export function compare(declared: readonly Fault[], told: readonly Fault[]): Comparison {
  const left = [...told]
  const pairs = declared.map((fault) => {
    const index = left.findIndex(
      ({ path, message }) => path === fault.path && message.includes(fault.message),
    )
    return { declared: fault, told: index < 0 ? undefined : left.splice(index, 1)[0] }
  })
  return { pairs, extra: left }
}

/** Whether the place is right. */
export function isPlaced({ declared, told }: Comparison['pairs'][number]): boolean {
  return told?.place === declared.place
}

/** Whether what mends the fault was suggested. */
export function isAdvised({ declared, told }: Comparison['pairs'][number]): boolean {
  return declared.suggestion !== '' && told?.suggestion.includes(declared.suggestion) === true
}
