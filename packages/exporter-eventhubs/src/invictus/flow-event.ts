/** The statuses that Invictus knows. */
export type Status = 'Started' | 'Active' | 'Cancelled' | 'Completed' | 'Failed'

/** Business properties: any name, every value as text. Has no prototype, so that every name is harmless. */
export type Data = Readonly<Record<string, string>>

/** Error of an event. `Message` says the same as `Description`, for readers of the older form. */
export interface FlowError {
  readonly Code?: string
  readonly Description?: string
  readonly Message?: string
}

/** One flow-trace event as it is written: the union of the old and the new form (`invictus.md` section 9.2). */
export interface FlowEvent {
  readonly Id: string
  readonly Time: string
  readonly ChainId: string
  readonly Source: string
  readonly Step: {
    readonly Id: string
    readonly Name: string
    readonly Status: Status
    readonly ParentId?: string
  }
  readonly Mappings?: {
    readonly Domain?: string
    readonly Service?: string
    readonly Action?: string
    readonly Version?: string
  }
  readonly Properties?: { readonly Milestone?: string; readonly EventText?: string; readonly Data?: Data }
  readonly Error?: FlowError
  readonly Azure?: { readonly ResourceId?: string; readonly PortalLink?: string }
}

/** Statuses that end a step. */
export const endStatuses: ReadonlySet<string> = new Set(['Cancelled', 'Completed', 'Failed'])

/** Whether an attribute holds a status other than `Active`: only those are restored (section 9.1). */
export function isBoundary(status: unknown): status is Exclude<Status, 'Active'> {
  return typeof status === 'string' && (status === 'Started' || endStatuses.has(status))
}
