/** A component does not keep one of the promises of its kind. */
export class ContractViolation extends Error {
  override readonly name = 'ContractViolation'
}

/** What was thrown, in words. */
export function inWords(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : (JSON.stringify(error) ?? String(error))
}

/** Fails the check with `sentence` unless `kept` holds. */
export function demand(kept: boolean, sentence: string): asserts kept {
  if (!kept) throw new ContractViolation(sentence)
}
