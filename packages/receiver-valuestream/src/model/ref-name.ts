/** Branch or tag without what Git puts before its name. */
export function refName(ref: string | undefined): string | undefined {
  return ref?.replace(/^refs\/(?:heads|tags)\//, '').replace(/^origin\//, '')
}
