import t from 'tap'
import { openCall, playOut } from '../../../src/flow/scenario/play-out.js'
import { walkFlow } from '../../../src/flow/scenario/walk.js'
import { edgesOf } from '../../../src/flow/scenario/coverage.js'
import type { Step } from '../../../src/flow/scenario/file.js'
import { flowOf } from '../helpers.js'

const flow = flowOf(`  a: { type: message, prompts: [hello], maxSeconds: 30, silenceSeconds: 4, next: kept, onSilence: none }
  kept: { type: play, prompts: [again], next: e }
  none: { type: play, prompts: [sorry], next: e }
  e: { type: end }
`)
/** Every prompt lasts a second. */
const duration = () => 1_000

t.test('what is on the tape of a message: what he said and the silence that ended it, or nothing', async (t) => {
  const table: readonly (readonly [name: string, steps: readonly Step[], message: string | undefined, over: number])[] = [
    ['he says nothing', [], undefined, 1 + 4 + 1],
    ['he coughs', [{ speaks: 0.2 }], undefined, 1 + 0.2 + 4 + 1],
    ['he says one word', [{ speaks: 1 }], '5', 1 + 5 + 1],
    ['he speaks', [{ speaks: 12 }], '16', 1 + 16 + 1],
    ['he thinks first', [{ wait: 4 }, { speaks: 2 }], '9', 1 + 3 + 2 + 4 + 1],
    ['he thinks too long', [{ wait: 6 }, { speaks: 2 }], undefined, 1 + 4 + 1],
    ['he pauses', [{ speaks: 2 }, { wait: 3 }, { speaks: 2 }], '11', 1 + 11 + 1],
    ['he speaks without end', [{ speaks: 100 }], '30', 1 + 30 + 1],
    ['he ends it by #', [{ speaks: 5 }, { press: '#' }], '5', 1 + 5 + 1],
    ['no other key ends it', [{ speaks: 5 }, { press: '12*' }], '9', 1 + 9 + 1],
    ['a key before the tone does nothing', [{ press: '#', after: 0.5 }, { speaks: 5 }], '9', 1 + 9 + 1],
    ['# at once', [{ press: '#' }], undefined, 1 + 4 + 1],
    ['# after a moment', [{ press: '#', after: 1.5 }], undefined, 1.5 + 1],
  ]
  for (const [name, steps, message, over] of table) {
    const call = playOut(flow, { steps: [...steps] }, duration)
    t.equal(call.tags['message'], message, name)
    t.equal(call.over / 1000, over, `${name}: over`)
  }
  const call = openCall(flow, {}, duration)
  t.equal(call.waitingFor(), 'voice')
  t.notOk(playOut(flow, { steps: [{ press: '#', after: 0.5 }] }, duration).notes.some((note) => note.type === 'heard' && note.cutAfter !== undefined), 'no key cuts what comes before the tone')
})

t.test('walk finds who speaks and who does not', async (t) => {
  const { left } = walkFlow(flow, '', new Set(edgesOf(flow).map(({ id }) => id)), duration)
  t.same(left, [])
})
