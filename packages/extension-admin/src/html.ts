import { style } from './answers.ts'

/** Text that is HTML already. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Value = string | number | Html | readonly Html[]

/** Makes HTML; whatever is put into it is text and stays text. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(parts.reduce((text, part, index) => text + textOf(values[index - 1] ?? '') + part))
}

/** A whole page. */
export function document(title: string, body: Html): string {
  const head = html`<meta charset="utf-8" /><meta name="viewport" content="width=device-width" />
    <title>${title}</title>`
  return `<!doctype html><html lang="en"><head>${head.text}<style>${style}</style></head><body>${body.text}</body></html>\n`
}

function textOf(value: Value): string {
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(({ text }) => text).join('')
  return String(value).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
