import type { FileTexts } from '../write-files.ts'

/** What differs from kind to kind. */
export interface KindFiles {
  /** Completes "A receiver for Spanloom: ..." in the description of the package. */
  readonly does: string
  readonly files: FileTexts
  /** The component's own settings, as the Markdown table that `npm run docs` writes. */
  readonly settings: string
  /** Where its other settings come from; Markdown, empty when there are none. */
  readonly shared: string
  /** Part of `package.json`. */
  readonly scripts?: Readonly<Record<string, string>>
  /** Configuration that runs the component from its sources. */
  readonly pipeline: string
  readonly readme: {
    /** What to type to see it work while `npm run dev` runs; Markdown. */
    readonly tryIt: string
    /** The smallest configuration; YAML. */
    readonly example: string
    /** From source fields to span fields or the other way; Markdown. */
    readonly mapping: string
    /** What becomes of data that cannot be used or handed on; Markdown. */
    readonly promises: string
  }
}
