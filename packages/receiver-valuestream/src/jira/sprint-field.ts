import { idOf, listOf, objectOf, textOf } from '../model/fields.ts'

/** The sprint that an issue is in. */
export interface IssueSprint {
  readonly id: string
  readonly name: string | undefined
  readonly boardId: string | undefined
}

/**
 * Reads the field of an issue that holds its sprints: objects, or in old payloads texts such as
 * `com.atlassian.greenhopper.service.sprint.Sprint@34d1[id=1,state=ACTIVE,name=TS Sprint 1]`. The active one counts,
 * else the last (`valuestream.md` section 3.5).
 */
export function activeSprint(field: unknown): IssueSprint | undefined {
  const sprints = listOf(field).flatMap((value) => readSprint(value) ?? [])
  return sprints.find(({ active }) => active) ?? sprints.at(-1)
}

interface ReadSprint extends IssueSprint {
  readonly active: boolean
}

function readSprint(value: unknown): ReadSprint | undefined {
  const sprint = typeof value === 'string' ? partsOf(value) : objectOf(value)
  const id = idOf(sprint['id'])
  if (id === undefined || !/^\d+$/.test(id)) return undefined
  return {
    id,
    name: textOf(sprint['name']),
    boardId: idOf(sprint['boardId']) ?? idOf(sprint['rapidViewId']),
    active: textOf(sprint['state'])?.toLowerCase() === 'active',
  }
}

const keys: ReadonlySet<string> = new Set(['id', 'rapidViewId', 'state', 'name'])
const maxText = 10_000

/** The parts between the brackets. A comma may stand in a name, too, so that only what looks like `key=` splits. */
function partsOf(text: string): Readonly<Record<string, unknown>> {
  const parts: Record<string, unknown> = {}
  if (text.length > maxText) return parts
  const inside = text.slice(text.indexOf('[') + 1, text.lastIndexOf(']'))
  for (const part of inside.split(/,(?=\w+=)/)) {
    const equals = part.indexOf('=')
    const key = part.slice(0, equals)
    if (keys.has(key)) parts[key] = part.slice(equals + 1)
  }
  return parts
}
