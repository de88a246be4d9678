import type { Asked, Payload } from './translation.ts'

/** A repository as GitHub's events describe it. */
export const repository: Payload = {
  id: 1,
  name: 'Web_Shop',
  full_name: 'acme/Web_Shop',
  html_url: 'https://github.com/acme/Web_Shop',
  url: 'https://api.github.com/repos/acme/Web_Shop',
  private: true,
}
export const created = '2026-01-05T09:00:00Z'
export const updated = '2026-01-06T10:00:00Z'
export const closed = '2026-01-07T11:00:00Z'
/** Asks for the translation of an event of that name. */
export const github = (name: string): Asked => ({ name })
