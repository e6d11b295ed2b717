import type { FlowProblem } from '../../contracts/flow.js'
import { MAX_DEPTH, MAX_NODES_A_STEP } from '../engine.js'
import { readFlowSource } from '../load/flow-source.js'
import { nodeGap, type Gap } from '../load/gaps.js'
import { openReport, toldOnce } from '../load/report.js'
import { checkServices } from '../load/services.js'
import { withoutNodes } from '../load/stand-in.js'
import { baseName, type FlowLibrary, type FlowText } from '../library.js'
import { prove, type Delays, type Leg, type LengthOf, type Proof, type Worst } from './prove.js'
import { MOST_SITUATIONS } from './situations.js'

/** A caller who wants to press a key must not have to listen longer, ms. */
export const MOST_UNCUT = 8_000
const MOST_LEGS = 12

/** What flows are held against besides their files: services of the settings, lengths of tapes (0 where one is missing), and what the intake adds to a wait. */
export interface Around { readonly services: readonly string[]; readonly lengthOf: LengthOf; readonly delays: Delays | undefined }

/**
 * The proof of each flow that can be read, and everything that speaks against it and against its look-ups, whatever else is wrong with its file. Where something
 * of a flow is not understood, its seconds are those of the rest: `gaps` says of what, and why.
 */
export function checkFlows({ sketches, problems: found }: Pick<FlowLibrary, 'sketches' | 'problems'>, files: readonly FlowText[], { services, lengthOf, delays }: Around): { readonly proofs: ReadonlyMap<string, Proof>; readonly problems: readonly FlowProblem[]; readonly gaps: ReadonlyMap<string, readonly Gap[]> } {
  const proofs = new Map<string, Proof>()
  const gaps = new Map<string, readonly Gap[]>()
  const problems = files.flatMap((file) => {
    const name = baseName(file.path)
    const sketch = sketches.get(name)
    if (sketch === undefined || gaps.has(name)) return []
    if (sketch.flow === null) {
      gaps.set(name, sketch.gaps)
      return []
    }
    const told = (code: string): boolean => found.some((one) => one.file === file.path && one.code === code)
    const unknown = checkServices(sketch.flow, file, services)
    const proof = prove(sketch.flow, lengthOf, delays)
    proofs.set(name, proof)
    // Through a circle that needs no key no seconds can be told: those of what lies beside it.
    const round = [...new Set(proof.endless.flatMap((legs) => legs.map(({ node }) => node)))]
    const beside = round.length === 0 ? [] : checkProof(prove(withoutNodes(sketch.flow, round), lengthOf, delays), file)
    gaps.set(name, [
      ...sketch.gaps,
      ...(told('node.loop') ? [{ node: null, what: { zh: '循环的时间', en: 'How long its circles last' }, because: { zh: '它们不按键也会循环', en: 'they turn without a key' } }] : []),
      ...round.map((node) => nodeGap(node, { zh: '它所在的循环不按键也会循环', en: 'a circle through it turns without a key' })),
      ...(proof.finite || proof.endless.length > 0 ? [] : [{ node: null, what: { zh: '各条路的时间', en: 'How long its ways last' }, because: { zh: '展开后情形太多', en: 'written out it has too many situations' } }]),
    ])
    return [...unknown, ...toldOnce([...checkProof(proof, file), ...beside]).filter(({ code }) => code !== 'proof.hang-up' || !told('hang-up.entry'))]
  })
  return { proofs, problems, gaps }
}

/** Everything in which a flow breaks its promises, at the node where it does. `file` is the text that `proof` was made of. */
export function checkProof(proof: Proof, file: FlowText): FlowProblem[] {
  const { report, problems } = openReport(file.path, file.text)
  const source = readFlowSource(file.text, () => undefined)
  const at = (node: string | undefined) => source?.keyAt(node === undefined ? ['start'] : ['nodes', node]) ?? { start: 0, end: 1 }
  const { bound } = proof
  if (!proof.finite && proof.endless.length === 0) report('proof.too-large', at(undefined), { most: MOST_SITUATIONS })
  for (const circle of proof.endless) report('proof.endless', at(circle[0]?.node), { path: pathText(circle) })
  if (proof.chain !== null) report('proof.chain', at(proof.chain[0]?.node), { most: MAX_NODES_A_STEP, path: pathText(proof.chain) })
  if (proof.deep !== null) report('proof.deep', at(proof.deep.node), { most: MAX_DEPTH, place: proof.deep.place })
  for (const [code, worst, most] of [['proof.queued', proof.queued, bound.queued], ['proof.unbreakable', proof.unbreakable, bound.unbreakable]] as const) {
    if (worst.ms <= most) continue
    const guilty = worst.path.find(({ ms }) => ms > 0)
    report(code, at(guilty?.node), { seconds: secondsOf(worst), bound: seconds(most), needed: Math.ceil(worst.ms / 1000), path: pathText(worst.path) })
  }
  for (const { node, place } of proof.withoutFaultExit) report('proof.no-fault-exit', at(node), { node: place })
  for (const path of proof.hangUps) report('proof.hang-up', at(path.at(-1)?.node), { path: pathText(path) })
  for (const one of proof.uncut) if (one.ms > MOST_UNCUT) report('proof.no-barge-in', at(one.path[0]?.node), { path: pathText(one.path), seconds: secondsOf(one), most: MOST_UNCUT / 1000 })
  return problems()
}

/** The seconds of a worst case: `≤ 12.3` where a value is read out on the way, of which the longest reading counts. */
export const secondsOf = ({ ms, path }: Worst): string => `${path.some(({ bounded }) => bounded) ? '≤ ' : ''}${seconds(ms)}`

/** As short as can be: `12`, `12.3`. */
export const seconds = (ms: number): string => String(Math.round(ms / 100) / 10)

const SIGNS = { silence: '—', fault: '!', always: '', caller: '?' } as const

/** `topics —(27.3 s)→ waiting`: each place, what leads on, and how long it took. */
export function pathText(path: readonly Leg[]): string {
  const shown = path.length > MOST_LEGS ? [...path.slice(0, MOST_LEGS - 1), ...path.slice(-1)] : path
  return shown.map((leg, index) => {
    const { place, by, label, ms } = leg
    const time = `(${secondsOf({ ms, path: [leg] })} s)`
    if (index === shown.length - 1) return ms > 0 ? `${place} ${time}` : place
    const sign = by === 'caller' ? label ?? SIGNS.caller : by === null ? '' : SIGNS[by]
    const gap = path.length > MOST_LEGS && index === MOST_LEGS - 2 ? '… ' : ''
    return `${place} ${ms > 0 ? `${time} ` : ''}${sign}→ ${gap}`
  }).join('')
}
