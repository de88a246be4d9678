/** Something that the author can mend; the message says what is wrong and how. */
export class CreateError extends Error {
  override readonly name = 'CreateError'
}
