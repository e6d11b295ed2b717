import t from 'tap'
import type { FlowProblem } from '../../src/contracts/flow.js'
import type { EditionContent } from '../../src/intake/edition.js'
import { editionOf } from '../../src/intake/flow-gate.js'
import { judgedBy, NOTHING_JUDGED, runJudged, tapeKey } from '../../src/intake/running-flows.js'
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

t.test('of the files of a directory, too, tapes that are nowhere are missing', (t) => {
  const paths = new Map(content.tapes.map(({ language, name, file }) => [tapeKey(language, name), `/prompts/${file}`]))
  t.same(runJudged(judged, paths).missing, [])
  paths.delete(tapeKey('en', 'noted'))
  t.match(runJudged(judged, paths).missing, [/^en\/noted\./])
  t.end()
})
