/** What authors do about broken promises that components of every kind make. */
export const mending = {
  unknownSettings:
    'Describe every setting in `schema`, and leave `additionalProperties` at its default, so that a misspelt key is told.',
  quietCreation:
    'Let `create` only build the component. What opens, reads, connects or waits belongs in `start`, because `spanloom validate` creates components, too.',
  shutdownTwice:
    'Remember whether there is anything to stop, and return when there is not; a failed start is followed by a shutdown.',
  timelyShutdown:
    'Race what `shutdown` waits for against its `signal`, and give up what is still open when the signal aborts.',
  nothingOpen:
    'Close in `shutdown` what `start` opened: servers, sockets, files, and timers with `clearInterval` or the `cancel` of `clock.schedule`.',
  secrets:
    'Log no settings and no request as a whole, and put no secret into an error, a status or a span. Mark secrets with `secret: true` in the schema.',
  caughtErrors:
    'Catch inside of every timer, event handler and promise that nobody awaits, and report through `telemetry.status` and `telemetry.logger`; an error that nobody catches ends the collector.',
  ownInput:
    'Traces are shared with other branches of the pipeline. Make new ones with `span.with(...)`, `traces.map(...)` or a copy of the bytes.',
} as const
