/** What becomes of attributes of some names (`orchest.md` section 5). */
export interface RedactionRule {
  /** Name, with `*` for anything within a segment and `**` for anything. */
  readonly attribute: string
  readonly action: 'keep' | 'drop' | 'hash' | 'length' | 'count' | 'extension' | 'bucket' | 'replace'
  /** `keep`: only these values. */
  readonly values?: readonly (string | number | boolean)[] | undefined
  /** `keep`: only values that match this regular expression. */
  readonly pattern?: string | undefined
  /** `bucket`: lower bounds of the buckets, rising. */
  readonly bounds?: readonly number[] | undefined
  /** `replace`: the text in place of every value. */
  readonly with?: string | undefined
}
