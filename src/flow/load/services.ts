import type { FlowProblem } from '../../contracts/flow.js'
import type { Flow } from '../types.js'
import { readFlowSource } from './flow-source.js'
import type { FlowText } from './load.js'
import { suggest } from './problems.js'
import { openReport } from './report.js'

/**
 * Look-ups of services that the settings do not list. Judged when files are checked, not when a published edition is loaded: with a service
 * that was taken out of the settings it still runs, by its way out for faults. `file` is the text that `flow` was made of.
 */
export function checkServices(flow: Flow, file: FlowText, services: readonly string[]): FlowProblem[] {
  const unknown = [...flow.nodes].flatMap(([node, { uses }]) => uses.flatMap((use) => (use.kind === 'service' && !services.includes(use.name) ? [{ name: use.name, path: ['nodes', node, ...use.path] }] : [])))
  if (unknown.length === 0) return []
  const { report, problems } = openReport(file.path, file.text)
  const source = readFlowSource(file.text, () => undefined)
  for (const { name, path } of unknown) report('service.unknown', source?.at(path) ?? { start: 0, end: 1 }, { name, suggestion: suggest(name, services) })
  return problems()
}
