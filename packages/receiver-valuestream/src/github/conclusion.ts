/** Whether a run or job that was concluded so failed (`valuestream.md` section 3.1). */
export function isFailure(conclusion: string, cancelledIsError: boolean): boolean {
  return (
    conclusion === 'failure' || conclusion === 'timed_out' || (cancelledIsError && conclusion === 'cancelled')
  )
}
