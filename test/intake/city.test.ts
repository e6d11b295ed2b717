import t, { type Test } from 'tap'
import { play, type City } from './city.js'

// More of them: HISTORIES=20000 node --import ./bin/sources.js test/intake/city.test.ts; a single one by its SEED.
const SEED = process.env['SEED']

function histories(t: Test, name: string, city: City, from: number, most: number): void {
  const [first, count] = SEED === undefined ? [from, Number(process.env['HISTORIES'] ?? most)] : [Number(SEED), 1]
  for (let seed = first; seed < first + count; seed += 1) {
    const { problems, log } = play(seed, city)
    if (problems.length > 0) t.same(problems, [], `${name}, seed ${seed}`, { log: log.slice(-60) })
  }
  t.pass(`${name}: ${count} histories from ${first}`)
}

t.test('one node, with events lost, doubled and late: nobody is offered twice, every talk has its ticket, and in the end all is as FreeSWITCH has it, and forgotten', (t) => {
  t.setTimeout(0)
  const city: City = { nodes: 1, steps: 150, callers: 8, lost: 0, trouble: false, sorts: true }
  histories(t, 'a good day', city, 1, 40)
  histories(t, 'a bad day', { ...city, lost: 0.05, doubled: 0.1, late: 0.2 }, 1, 100)
  // A talk of a moment, of which nothing was told but the end of the caller's channel.
  histories(t, 'a bad day', { ...city, lost: 0.05, doubled: 0.1, late: 0.2 }, 7_000_848, 1)
  t.end()
})

t.test('two nodes on one FreeSWITCH, whatever happens: no talk is torn, nobody is rung who talks, and in the end each believes what is so', (t) => {
  t.setTimeout(0)
  const city: City = { nodes: 2, steps: 60, callers: 4, lost: 0, trouble: true, sorts: false }
  // These few have some (597, 613) in which a node that was stopped tore a talk before it asked FreeSWITCH.
  histories(t, 'a few events are lost', { ...city, lost: 0.02 }, 460, 180)
  histories(t, 'a fifth of them', { ...city, lost: 0.2 }, 460, 180)
  t.end()
})

t.test('telephones are lifted in vain, and nodes die: nobody is lost, and each ticket is one of those who talked', (t) => {
  t.setTimeout(0)
  const city: City = { nodes: 1, steps: 60, callers: 4, lost: 0, trouble: false, sorts: true, vain: true }
  // Each begins where a history was once wrong: 88 and 119, 46 and 86, 9 and 27.
  histories(t, 'in vain', city, 80, 60)
  histories(t, 'in vain, and recorded', { ...city, records: true }, 80, 60)
  histories(t, 'in vain, at two nodes in trouble', { ...city, nodes: 2, lost: 0.05, doubled: 0.05, late: 0.05, trouble: true, records: true }, 1, 60)
  histories(t, 'a node that dies', { ...city, vain: false, crash: true, records: true }, 40, 60)
  // The native queue found him somebody whom nobody could name, after one of ours whom nobody had heard of.
  histories(t, 'a node that dies', { ...city, vain: false, crash: true, records: true }, 7_002_241, 1)
  histories(t, 'a node that dies, in trouble', { ...city, lost: 0.03, late: 0.05, trouble: true, crash: true, records: true }, 1, 60)
  histories(t, 'nodes that die, in trouble', { ...city, nodes: 2, lost: 0.03, trouble: true, crash: true, records: true }, 1, 60)
  t.end()
})
