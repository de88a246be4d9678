/** An event of a chain of its own. */
export function eventNumber(number: number): Readonly<Record<string, unknown>> {
  return {
    Time: '2026-03-01 10:00:00.0000000 +00:00',
    ChainId: `order/${number}`,
    Step: { Id: 'deliver', Name: 'Deliver', Status: 'Started' },
  }
}
