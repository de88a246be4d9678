const placeholder = /\$(random32|trace:\w+|span:\w+)/g

/** Compares texts with placeholders of the fixtures: equal names must stand for equal values. */
export class Bindings {
  readonly #values = new Map<string, string>()

  /** Says in which way `actual` is not what is expected; `undefined` if it is. */
  fault(expected: string, actual: string | undefined): string | undefined {
    if (actual === undefined) return `nothing where ${expected} is expected`
    const names: string[] = []
    const pattern = expected
      .split(placeholder)
      .map((part, index) => {
        if (index % 2 === 0) return part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
        names.push(part)
        return part.startsWith('span') ? '([0-9a-f]{16})' : '([0-9a-f]{32})'
      })
      .join('')
    const match = new RegExp(`^${pattern}$`, 's').exec(actual)
    if (match === null) return `${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`
    for (const [index, name] of names.entries()) {
      const value = match[index + 1] ?? ''
      const known = this.#values.get(name)
      if (/^0+$/.test(value)) return `${name} is all zero`
      if (known !== undefined && known !== value && name !== 'random32')
        return `${name} is ${known} and ${value}`
      this.#values.set(name, value)
    }
    return undefined
  }
}

/** Writes out `$repeat:c:n`. */
export function expanded(text: string): string {
  return text.replaceAll(/\$repeat:(.):(\d+)/g, (_whole, character: string, count: string) =>
    character.repeat(Number(count)),
  )
}
