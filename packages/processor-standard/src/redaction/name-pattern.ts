/** A longer name matches nothing: it is none that anybody has thought of. */
const longestName = 512

/** Names that a text stands for: `*` is anything within a segment between dots, `**` anything at all. */
export function compileNamePattern(pattern: string): (name: string) => boolean {
  if (!pattern.includes('*')) return (name) => name === pattern
  const source = pattern
    .split(/(\*\*|\*)/)
    .map((part) => (part === '**' ? '.*' : part === '*' ? '[^.]*' : escaped(part)))
    .join('')
  const form = new RegExp(`^${source}$`, 's')
  return (name) => name.length <= longestName && form.test(name)
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
