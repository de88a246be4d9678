import { codeFaults } from './code-blocks.ts'
import { linkFaults } from './links.ts'
import { readPages, type Block, type Fault, type Page } from './page.ts'
import { phraseFault } from './program-call.ts'
import { shellFaults } from './shell-block.ts'
import { yamlFaults } from './yaml-block.ts'

const code = new Set(['ts', 'mts', 'js', 'mjs'])

/** Words that blocks of each language may carry; CONTRIBUTING.md explains them. */
const knownWords: Readonly<Record<string, RegExp>> = {
  yaml: /^(?:plain|broken|file=\S+)$/,
  json: /^file=\S+$/,
  sh: /^(?:run|fails|request)$/,
  text: /^sample$/,
  ts: /^(?:run|file=\S+)$/,
  js: /^(?:run|file=\S+)$/,
  // Declarations of the generated page about the API.
  typescript: /^$/,
}

/**
 * Checks the documentation in a folder without running its commands: pipelines are built, code is type-checked, commands
 * are parsed by the program, links are followed. `storyFaults` runs what can be run.
 *
 * @param repository Where everything lies that the documentation speaks of; another folder for a copy of the pages.
 */
export async function checkDocs(folder: string, repository: string = folder): Promise<readonly Fault[]> {
  const pages = readPages(folder)
  const faults = [...linkFaults(pages, repository), ...pages.flatMap(phraseFaults)]
  const blocks = pages.flatMap((page) => page.blocks)
  for (const page of pages)
    for (const block of page.blocks) faults.push(...(await blockFaults(block, page, repository)))
  const modules = blocks.filter(({ language }) => code.has(language))
  return [...faults, ...(await codeFaults(modules, repository))]
}

async function blockFaults(block: Block, { blocks }: Page, repository: string): Promise<readonly Fault[]> {
  const { page, line, language, words, text } = block
  const known = knownWords[language.replace(/^m(?=[tj]s$)/, '')]
  const told = (message: string): readonly Fault[] => [{ page, line, message }]
  if (known === undefined) return told(`blocks of the language "${language}" are checked by nobody`)
  const unknown = words.find((word) => !known.test(word))
  if (unknown !== undefined) return told(`"${unknown}" says nothing about a block of ${language}`)
  switch (language) {
    case 'yaml':
      return yamlFaults(block, blocks)
    case 'sh':
      return shellFaults(block, repository)
    case 'json':
      return jsonFaults(text).flatMap(told)
    default:
      return []
  }
}

function jsonFaults(text: string): readonly string[] {
  try {
    JSON.parse(text)
    return []
  } catch (error) {
    return [String(error)]
  }
}

/** Commands in running text. */
function phraseFaults({ name, phrases }: Page): readonly Fault[] {
  return phrases.flatMap(({ line, text }) => {
    const message = text.startsWith('spanloom ') ? phraseFault(text) : undefined
    return message === undefined ? [] : [{ page: name, line, message: `\`${text}\`: ${message}` }]
  })
}
