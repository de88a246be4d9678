/** The bytes of a message are no AMQP 1.0 encoding. */
export class MalformedMessage extends Error {
  constructor(what: string) {
    super(`The message is no valid AMQP 1.0 message: ${what}.`)
    this.name = 'MalformedMessage'
  }
}
