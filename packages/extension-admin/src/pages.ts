import { formatDuration, type BuildInfo, type CollectorView } from '@spanloom/core'

import { document, html, type Html } from './html.ts'
import { accountingReport, componentReports, type ComponentReport } from './reports.ts'

/** What the pages are about. */
export interface PageFacts {
  readonly build: BuildInfo
  readonly collector: CollectorView
  readonly upMs: number
}

const links = html`<p>
  <a href="/">Overview</a> · <a href="/debug/servicez">Service</a> ·
  <a href="/debug/pipelinez">Pipelines</a> · <a href="/debug/extensionz">Extensions</a> ·
  <a href="/api/accounting">accounting</a> · <a href="/api/components">components</a> ·
  <a href="/api/pipelines">pipelines</a> · <a href="/api/config">config</a>
</p>`

/** Everything at a glance: who runs, and whether the books close. */
export function overviewPage(facts: PageFacts): string {
  const { components, balanced } = accountingReport(facts.collector)
  const rows = components.map((account) => {
    const dropped = Object.values(account.dropped).reduce((sum, count) => sum + count, 0)
    const { kind, id, pipelines } = account
    const verdict = account.balanced ? html`yes` : html`<span class="bad">no</span>`
    return html`<tr>
      <td>${kind}</td>
      <td>${id}</td>
      <td>${pipelines.join(', ')}</td>
      ${[
        account.in,
        account.created,
        account.out,
        dropped,
        account.merged,
        account.held,
        account.kept,
        account.refused,
      ].map((count) => html`<td class="n">${count}</td>`)}
      <td>${verdict}</td>
    </tr>`
  })
  const numbers = ['in', 'created', 'out', 'dropped', 'merged', 'held', 'kept', 'refused'].map(
    (name) => html`<th class="n">${name}</th>`,
  )
  return document(
    facts.build.command,
    html`<h1>${facts.build.command} ${facts.build.version}</h1>
      ${links}
      <p>
        Up for ${formatDuration(facts.upMs)}.
        ${balanced ? 'The books of all components close.' : html`<span class="bad">The books of a component do not close.</span>`}
      </p>
      <table>
        <tr>
          <th>kind</th>
          <th>id</th>
          <th>pipelines</th>
          ${numbers}
          <th>balanced</th>
        </tr>
        ${rows}
      </table>`,
  )
}

export function servicePage({ build, upMs, collector }: PageFacts): string {
  const rows = [
    ['Command', build.command],
    ['Version', build.version],
    ['Runtime', `Node.js ${process.versions.node}`],
    ['Up for', formatDuration(upMs)],
    ['Pipelines', String(collector.pipelines().length)],
  ].map(
    ([name = '', value = '']) =>
      html`<tr>
        <th>${name}</th>
        <td>${value}</td>
      </tr>`,
  )
  return document(
    'Service',
    html`<h1>Service</h1>
      ${links}
      <table>
        ${rows}
      </table>`,
  )
}

export function pipelinePage({ collector }: PageFacts): string {
  const components = componentReports(collector)
  const rows = collector.pipelines().map(({ id, receivers, processors, exporters }) => {
    const part = (ids: readonly string[]): readonly Html[] =>
      ids.map((name) =>
        componentCell(
          name,
          components.filter((each) => each.pipelines.includes(id)),
        ),
      )
    return html`<tr>
      <td>${id}</td>
      <td>${part(receivers)}</td>
      <td>${part(processors)}</td>
      <td>${part(exporters)}</td>
    </tr>`
  })
  return document(
    'Pipelines',
    html`<h1>Pipelines</h1>
      ${links}
      <table>
        <tr>
          <th>pipeline</th>
          <th>receivers</th>
          <th>processors</th>
          <th>exporters</th>
        </tr>
        ${rows}
      </table>`,
  )
}

export function extensionPage({ collector }: PageFacts): string {
  const rows = componentReports(collector)
    .filter(({ kind }) => kind === 'extension')
    .map(({ id, status, since, error = '' }) => {
      return html`<tr>
        <td>${id}</td>
        <td>${status}</td>
        <td>${since}</td>
        <td>${error}</td>
      </tr>`
    })
  return document(
    'Extensions',
    html`<h1>Extensions</h1>
      ${links}
      <table>
        <tr>
          <th>id</th>
          <th>status</th>
          <th>since</th>
          <th>error</th>
        </tr>
        ${rows}
      </table>`,
  )
}

function componentCell(id: string, components: readonly ComponentReport[]): Html {
  const { status = '', error = '' } = components.find((each) => each.id === id) ?? {}
  return status === 'OK'
    ? html`<div>${id}</div>`
    : html`<div>${id} <span class="bad">${status} ${error}</span></div>`
}
