import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { FlowProblem } from '../../src/contracts/flow.js'
import type { NodeContext } from '../../src/flow/node-type.js'
import type { EditionContent } from '../../src/intake/edition.js'
import { editionOf } from '../../src/intake/flow-gate.js'
import { makeKeptEdition } from '../../src/intake/kept-edition.js'
import { judgedBefore, judgedBy, NOTHING_JUDGED, runJudged, tapeKey, toKeep, type Judged, type KeptFiles } from '../../src/intake/running-flows.js'
import { CITY } from '../helpers/flows.js'

const { content } = await editionOf(CITY, 'ivr-flows')
const judged = judgedBy({ content, problems: [] }, NOTHING_JUDGED)
const without = (from: EditionContent, ...names: readonly string[]): EditionContent => ({ ...from, files: Object.fromEntries(Object.entries(from.files).filter(([name]) => !names.includes(name))) })
const respoken = (from: EditionContent): EditionContent => ({ ...from, tapes: from.tapes.map((tape) => (tape.name === 'busy' && tape.language === 'en' ? { ...tape, hash: 'f'.repeat(64) } : tape)) })
const problem = (file: string): FlowProblem => ({ file, line: 1, col: 1, length: 1, code: 'x', problem: { zh: '', en: '' }, why: { zh: '', en: '' }, remedy: { zh: '', en: '' }, excerpt: '' })
const mended = (from: EditionContent): EditionContent => ({ ...from, files: { ...from.files, '110.yaml': (from.files['110.yaml'] ?? '').replace('waitingAtLeast: 20', 'waitingAtLeast: 5') } })

t.test('a flow whose file was taken away, and that nothing asks for, does not keep other tapes and mends from callers', (t) => {
  const gone = respoken(without(content, 'after-hours.yaml', 'after-hours.test.yaml'))
  const next = judgedBy({ content: mended(gone), problems: [] }, judged)
  t.not(next.flows.get('110')?.version, judged.flows.get('110')?.version)
  t.same([next.flows.has('after-hours'), next.tapes], [false, gone.tapes])
  for (const [what, from, problems] of [
    ['the flow that everybody enters is gone, and that is a problem', respoken(without(content, '110.yaml')), [problem('ivr-flows/110.yaml')]],
    ['a file is broken', mended(respoken(content)), [problem('ivr-flows/return-visit.yaml')]],
  ] as const) t.equal(judgedBy({ content: from, problems }, judged), judged, `${what}: all goes on with the tapes of before`)
  const same = judgedBy({ content: mended(without(content, 'after-hours.yaml')), problems: [] }, judged)
  t.same([same.flows.has('after-hours'), same.flows.get('110')?.version], [true, next.flows.get('110')?.version], 'with the same tapes it goes on beside the mend')
  const led = { ...content, files: { ...content.files, 'entries.yaml': 'entries:\n  "96333": after-hours\n' } }
  const numbered = judgedBy({ content: led, problems: [] }, judged)
  t.equal(numbered.entries.get('96333'), 'after-hours')
  t.equal(judgedBy({ content: respoken(without(led, 'after-hours.yaml')), problems: [problem('ivr-flows/entries.yaml')] }, numbered), numbered, 'a number still leads to it')
  t.end()
})

const restarted = (one: Judged, entered: readonly string[] = ['110'], present: ReadonlySet<string> | null = null): Judged => judgedBefore(JSON.parse(JSON.stringify(toKeep(one))) as KeptFiles, { present, entered })
const edited = (from: EditionContent, file: string, change: (text: string) => string): EditionContent => ({ ...from, files: { ...from.files, [file]: change(from.files[file] ?? '') } })
/** How the part ends that 110 calls. */
const ends = ({ flows }: Judged): string => JSON.stringify(flows.get('110')?.parts.get('known-outage')?.nodes.get('known')?.enter({} as NodeContext))
const versions = ({ flows }: Judged): readonly (readonly [string, string])[] => [...flows].map(([name, { version }]) => [name, version] as const).sort()

t.test('after a start a flow runs with the very parts that it was judged with, whatever became of them since', (t) => {
  t.same(versions(restarted(judged)), versions(judged))
  const renamed = edited(edited(content, 'known-outage.yaml', (text) => text.replaceAll('result: known', 'result: told')), '110.yaml', (text) => text.replace('{ known: waiting }', '{ told: waiting }'))
  const right = judgedBy({ content: renamed, problems: [] }, judged)
  t.not(ends(right), ends(judged), 'the part returns another result')
  t.not(right.flows.get('known-outage')?.version, judged.flows.get('known-outage')?.version)
  const slipped = { content: edited(renamed, '110.yaml', (text) => text.replace('next: how-busy', 'next: how-bussy')), problems: [problem('ivr-flows/110.yaml')] }
  const half = judgedBy(slipped, judged)
  t.equal(ends(half), ends(judged), 'its caller is broken: it stays with the part of then')
  t.equal(half.flows.get('known-outage')?.version, judged.flows.get('known-outage')?.version, 'and the part is not exchanged')
  for (const [what, one] of [['after a start', restarted(half)], ['after the look that follows it', judgedBy(slipped, restarted(half))], ['after another start', restarted(judgedBy(slipped, restarted(half)))]] as const) {
    t.equal(ends(one), ends(judged), what)
    t.same(versions(one), versions(half), what)
  }
  const whole = judgedBy({ content: renamed, problems: [] }, restarted(half))
  t.same([ends(whole), versions(whole)], [ends(right), versions(right)], 'mended: both are exchanged at once')
  const part = judgedBy({ content: edited(content, 'known-outage.yaml', (text) => `${text}\n# later\n`), problems: [] }, judged)
  t.not(part.flows.get('110')?.version, judged.flows.get('110')?.version, 'a flow is another version when one of its parts is')
  t.end()
})

t.test('a flow whose file is gone ends with the next start, unless something still leads to it; what was kept of another directory is nobody’s', async (t) => {
  const gone = judgedBy({ content: without(content, 'after-hours.yaml', 'known-outage.yaml'), problems: [problem('ivr-flows/110.yaml')] }, judged)
  const present = new Set(['110', 'return-visit'])
  const names = (one: Judged): readonly string[] => [...one.flows.keys()].filter((name) => ['110', 'after-hours', 'known-outage'].includes(name)).sort()
  t.same(names(gone), ['110', 'after-hours', 'known-outage'])
  t.same(names(restarted(gone, ['110'], present)), ['110', 'known-outage'], 'a part that one of the others calls goes on')
  t.same(names(restarted(gone, ['after-hours'], present)), ['110', 'after-hours', 'known-outage'], 'the settings lead to it')
  t.same(names(restarted(gone)), names(gone), 'a directory that cannot be read takes nothing')
  const numbered = judgedBy({ content: { ...content, files: { ...content.files, 'entries.yaml': 'entries:\n  "96333": after-hours\n' } }, problems: [] }, judged)
  const led = restarted(numbered, ['110'], present)
  t.same([names(led), led.entries.get('96333')], [['110', 'after-hours', 'known-outage'], 'after-hours'], 'a number leads to it')

  const home = mkdtempSync(join(tmpdir(), 'kept-'))
  t.teardown(() => { rmSync(home, { recursive: true, force: true }) })
  const at = (directory: string) => makeKeptEdition({ directory, home, promptRoot: '', tape: () => Promise.resolve(null) })
  t.equal(await at('/flows/one').lastJudged(), null)
  await at('/flows/one').keepJudged(toKeep(judged))
  t.same(await at('/flows/one').lastJudged(), toKeep(judged))
  t.equal(await at('/flows/other').lastJudged(), null)
})

t.test('of the files of a directory, too, tapes that are nowhere are missing', (t) => {
  const paths = new Map(content.tapes.map(({ language, name, file }) => [tapeKey(language, name), `/prompts/${file}`]))
  t.same(runJudged(judged, paths).missing, [])
  paths.delete(tapeKey('en', 'noted'))
  t.match(runJudged(judged, paths).missing, [/^en\/noted\./])
  t.end()
})
