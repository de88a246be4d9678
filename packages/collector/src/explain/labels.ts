import type { Source } from './origins/inputs.ts'
import type { Place } from './recorder.ts'

/** A component in words. */
export function placeLabel({ kind, id, pipeline }: Place): string {
  return pipeline === undefined ? `${kind} ${id}` : `${kind} ${id} in ${pipeline}`
}

/** A source in words; which of several payloads is told by its number. */
export function sourceLabel(source: Source, deliveries: number): string {
  switch (source.kind) {
    case 'payload':
      return `${numbered(source.delivery, deliveries)}${source.pointer === '' ? 'the payload' : source.pointer}`
    case 'header':
      return `${numbered(source.delivery, deliveries)}header ${source.name}`
    case 'path':
      return `${numbered(source.delivery, deliveries)}the path`
    case 'setting':
      return `setting ${source.path}`
    case 'clock':
      return 'the clock'
    case 'random':
      return 'chance'
  }
}

/** So many settings are named beside other sources; a mode decides over every field. */
const mostSettings = 2

/** Sources in words, those that differ only in a number of a list together, and what matters most first. */
export function sourceLabels(all: readonly Source[], deliveries: number): readonly string[] {
  const settings = all.filter(({ kind }) => kind === 'setting')
  const others = all.filter(({ kind }) => kind !== 'setting').toSorted((a, b) => rank(a) - rank(b))
  const named = settings.length > mostSettings && others.length > 0 ? [] : settings
  const rest = settings.length - named.length
  return [...grouped([...others, ...named], deliveries), ...(rest === 0 ? [] : [`${rest} settings`])]
}

const rank = ({ kind }: Source): number => ['payload', 'header', 'path', 'clock', 'random'].indexOf(kind)

function grouped(sources: readonly Source[], deliveries: number): readonly string[] {
  const groups = Map.groupBy(sources, (source) =>
    source.kind === 'payload'
      ? `${source.delivery} ${source.pointer.replaceAll(/\/\d+(?=\/|$)/g, '/*')}`
      : sourceLabel(source, deliveries),
  )
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first?.kind !== 'payload' || group.length < 3)
      return group.map((each) => sourceLabel(each, deliveries))
    const pointer = first.pointer.replaceAll(/\/\d+(?=\/|$)/g, '/*')
    return [sourceLabel({ ...first, pointer }, deliveries)]
  })
}

const numbered = (delivery: number, deliveries: number): string => (deliveries > 1 ? `#${delivery + 1} ` : '')
