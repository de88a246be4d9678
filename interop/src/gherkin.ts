/** One step of a scenario. */
export interface Step {
  readonly text: string
  /** Rows of the table below it, each a list of cells. */
  readonly table: readonly (readonly string[])[]
  /** Lines of the text in quotes below it. */
  readonly doc: string | undefined
}

/** A scenario with its steps; an outline gives one for each row of its examples. */
export interface Scenario {
  readonly name: string
  readonly steps: readonly Step[]
}

/** Reads as much of a Gherkin feature as conformance suites use: backgrounds, outlines, tables and quoted texts. */
export function readScenarios(feature: string): readonly Scenario[] {
  const blocks = feature.split(/^\s*(?=Background:|Scenario(?: Outline)?:)/m).slice(1)
  const background = blocks.filter((block) => block.startsWith('Background:')).flatMap(stepsOf)
  return blocks
    .filter((block) => block.startsWith('Scenario'))
    .flatMap((block) => {
      const [body = '', examples = ''] = block.split(/^\s*Examples:/m)
      const [names = [], ...rows] = tableOf(examples.split('\n'))
      const variants = rows.length === 0 ? [[]] : rows
      return variants.map((row) => {
        const text = names.reduce(
          (filled, name, index) => filled.replaceAll(`<${name}>`, row[index] ?? ''),
          body,
        )
        const name = /^Scenario(?: Outline)?:\s*(.*)$/m.exec(text)?.[1] ?? ''
        return { name, steps: [...background, ...stepsOf(text)] }
      })
    })
}

function stepsOf(block: string): readonly Step[] {
  const parts = block.split(/^\s*(?:Given|When|Then|And) /m).slice(1)
  return parts.map((part) => {
    const [text = '', ...lines] = part.split('\n')
    return { text: text.trim(), table: tableOf(lines), doc: docOf(lines) }
  })
}

function tableOf(lines: readonly string[]): readonly (readonly string[])[] {
  return lines
    .map((line) => line.trim())
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
}

/** The text between two lines of three quotes, less the indentation of the first. */
function docOf(lines: readonly string[]): string | undefined {
  const [first, last] = [lines.findIndex(isQuotes), lines.findLastIndex(isQuotes)]
  if (first < 0 || last <= first) return undefined
  const indent = lines[first]?.search(/\S/) ?? 0
  return lines
    .slice(first + 1, last)
    .map((line) => line.slice(indent))
    .join('\n')
}

const isQuotes = (line: string): boolean => line.trim() === '"""'
