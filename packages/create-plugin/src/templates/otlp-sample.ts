/** Two spans of a shop as an OTLP document on one line: what processors and exporters are tried with. */
export const otlpSample: string = `${JSON.stringify({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: '5b8efff798038103d269b633813fc60c',
              spanId: 'eee19b7ec3c1b174',
              name: 'GET /orders',
              kind: 2,
              startTimeUnixNano: '1772438400000000000',
              endTimeUnixNano: '1772438402500000000',
            },
            {
              traceId: '5b8efff798038103d269b633813fc60c',
              spanId: 'eee19b7ec3c1b175',
              parentSpanId: 'eee19b7ec3c1b174',
              name: 'SELECT orders',
              kind: 3,
              startTimeUnixNano: '1772438400100000000',
              endTimeUnixNano: '1772438400300000000',
            },
          ],
        },
      ],
    },
  ],
})}\n`
