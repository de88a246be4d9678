/** Licences that a package can be made with. */
export const licenses = ['MIT', 'Apache-2.0', 'none'] as const

/** A licence that a package can be made with; with `none` all rights stay with its author. */
export type License = (typeof licenses)[number]
