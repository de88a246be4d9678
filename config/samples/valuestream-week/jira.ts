import { type Delivery, type Dice } from './delivery.ts'

/** An issue of the board. */
export interface Ticket {
  readonly key: string
  readonly type: 'Story' | 'Bug' | 'Task'
  readonly summary: string
  readonly created: number
}

const columns = {
  Backlog: ['10000', 'new'],
  'Selected for Development': ['10001', 'new'],
  'In Progress': ['3', 'indeterminate'],
  'In Review': ['10002', 'indeterminate'],
  Done: ['10003', 'done'],
} as const

export type Column = keyof typeof columns

const types = { Story: '10004', Bug: '10005', Task: '10006' } as const
const site = 'https://fjordline.atlassian.net'

/** The hooks of Jira Cloud for one project. */
export class Jira {
  readonly #dice: Dice
  readonly #column = new Map<string, Column>()

  constructor(dice: Dice) {
    this.#dice = dice
  }

  created(ticket: Ticket, column: Column): Delivery {
    this.#column.set(ticket.key, column)
    return this.#delivery(ticket.created, {
      webhookEvent: 'jira:issue_created',
      issue_event_type_name: 'issue_created',
      issue: this.#issue(ticket, column),
      changelog: { id: this.#id(), items: [change('Status', undefined, column)] },
    })
  }

  moved(ticket: Ticket, column: Column, at: number): Delivery {
    const before = this.#column.get(ticket.key) ?? 'Backlog'
    this.#column.set(ticket.key, column)
    return this.#delivery(at, {
      webhookEvent: 'jira:issue_updated',
      issue_event_type_name: column === 'Done' ? 'issue_resolved' : 'issue_generic',
      issue: this.#issue(ticket, column),
      changelog: { id: this.#id(), items: [change('status', before, column)] },
    })
  }

  /** Somebody takes the issue: an event within it. */
  assigned(ticket: Ticket, at: number): Delivery {
    return this.#delivery(at, {
      webhookEvent: 'jira:issue_updated',
      issue_event_type_name: 'issue_assigned',
      issue: this.#issue(ticket, this.#column.get(ticket.key) ?? 'Backlog'),
      changelog: {
        id: this.#id(),
        items: [{ field: 'assignee', fieldId: 'assignee', fromString: null, toString: 'A colleague' }],
      },
    })
  }

  sprint(
    event: 'sprint_started' | 'sprint_closed',
    at: number,
    [begin, end]: readonly [number, number],
  ): Delivery {
    const closed = event === 'sprint_closed'
    return this.#delivery(at, {
      webhookEvent: event,
      sprint: {
        ...activeSprint,
        self: `${site}/rest/agile/1.0/sprint/12`,
        state: closed ? 'closed' : 'active',
        startDate: new Date(begin).toISOString(),
        activatedDate: new Date(begin).toISOString(),
        endDate: new Date(end).toISOString(),
        ...(closed ? { completeDate: new Date(at).toISOString() } : {}),
        originBoardId: 3,
      },
    })
  }

  #issue({ key, type, summary, created }: Ticket, column: Column): object {
    const [id, category] = columns[column]
    return {
      id: `2${key.replace(/\D/g, '')}`,
      self: `${site}/rest/api/2/issue/2${key.replace(/\D/g, '')}`,
      key,
      fields: {
        summary,
        created: new Date(created).toISOString().replace('Z', '+0000'),
        issuetype: { id: types[type], name: type, subtask: false },
        project: { id: '10001', key: 'BOOK', name: 'Booking' },
        priority: { id: type === 'Bug' ? '2' : '3', name: type === 'Bug' ? 'High' : 'Medium' },
        status: { id, name: column, statusCategory: { key: category } },
        resolution: column === 'Done' ? { id: '10000', name: 'Done' } : null,
        labels: [],
        customfield_10020: [{ ...activeSprint, boardId: 3, state: 'active' }],
      },
    }
  }

  #delivery(timestamp: number, body: object): Delivery {
    return {
      at: timestamp,
      source: 'jiracloud',
      headers: { 'content-type': 'application/json', 'x-atlassian-webhook-identifier': this.#dice.guid() },
      body: { timestamp, ...body },
    }
  }

  #id(): string {
    return String(this.#dice.between(30_000, 39_999))
  }
}

const activeSprint = { id: 12, name: 'Sprint 12', goal: 'Invoices' }

const change = (field: string, from: Column | undefined, to: Column): object => ({
  field,
  fieldId: 'status',
  from: from === undefined ? null : columns[from][0],
  fromString: from ?? null,
  to: columns[to][0],
  toString: to,
})
