import type { AttributeValue } from '@spanloom/core'
import { double } from '@spanloom/core'

import type { FlowEvent } from './event-model.ts'
import { parseGuid } from './ids.ts'
import { type JsonObject, type JsonValue, WrittenNumber } from './json-body.ts'
import { jsonText } from './json-text.ts'

/** Attributes that are being written. The names are ours or begin with ours, so that none can be `__proto__`. */
export type AttributeDraft = Record<string, AttributeValue>

/** What an event says about its step, as span attributes (`invictus.md` section 6.3). */
export function addEventAttributes(draft: AttributeDraft, event: FlowEvent, legacyParent: boolean): void {
  draft['invictus.chain.id'] = event.chainId
  draft['invictus.step.id'] = event.stepId
  draft['invictus.step.status'] = event.status
  set(draft, 'invictus.step.parent_id', event.stepParentId)
  if (legacyParent) set(draft, 'invictus.parent_id', event.parentId)
  set(draft, 'invictus.source', event.source)
  set(draft, 'invictus.mapping.domain', event.domain)
  set(draft, 'invictus.mapping.service', event.service)
  set(draft, 'invictus.mapping.action', event.action)
  set(draft, 'invictus.mapping.version', event.version)
  set(draft, 'invictus.milestone', event.milestone)
  set(draft, 'invictus.event_text', event.eventText)
  addData(draft, event.data)
  set(draft, 'invictus.error.code', event.errorCode)
  set(draft, 'invictus.error.description', event.errorDescription)
  if (event.status === 'Failed') draft['error.type'] = event.errorCode ?? '_OTHER'
  addAzure(draft, event)
}

/** `invictus.data.<name>` for each business property. Throws `TooDeepError`. */
export function addData(draft: AttributeDraft, data: JsonObject | undefined): void {
  if (data === undefined) return
  for (const name of Object.keys(data)) {
    const value = dataValue(data[name])
    if (value !== undefined) draft[`invictus.data.${name}`] = value
  }
}

/** Sets an attribute that may be absent. */
export function set(draft: AttributeDraft, name: string, value: string | undefined): void {
  if (value !== undefined) draft[name] = value
}

const integerPattern = /^-?\d+$/

function dataValue(value: JsonValue | undefined): AttributeValue | undefined {
  if (value === null || value === undefined) return undefined
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (!(value instanceof WrittenNumber)) return jsonText(value)
  if (integerPattern.test(value.text)) return value.text
  const number = Number(value.text)
  return Number.isFinite(number) ? double(number) : value.text
}

const subscriptions = '/subscriptions/'

function addAzure(draft: AttributeDraft, { resourceId, portalLink }: FlowEvent): void {
  if (resourceId !== undefined) {
    draft['cloud.resource_id'] = resourceId
    if (resourceId.startsWith(subscriptions)) {
      draft['cloud.provider'] = 'azure'
      const account = resourceId.slice(subscriptions.length).split('/', 1)[0] ?? ''
      if (parseGuid(account) !== undefined) draft['cloud.account.id'] = account
    }
  }
  set(draft, 'invictus.azure.portal_link', portalLink)
}
