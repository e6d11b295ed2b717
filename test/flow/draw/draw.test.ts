import t from 'tap'
import { FlowDrawing, placeIn, stepsIn } from '../../../src/contracts/flow-drawing.js'
import { layOut } from '../../../src/flow/draw/layout.js'
import { toMermaid } from '../../../src/flow/draw/mermaid.js'
import { toSvg } from '../../../src/flow/draw/svg.js'
import { loadFlows } from '../../../src/flow/library.js'
import { fits } from '../../../src/flow/load/shape.js'
import { readFlowDirectory } from '../../../src/intake/flow-files.js'
import { flowOf } from '../helpers.js'

const read = await readFlowDirectory(new URL('../../../ivr-flows/', import.meta.url).pathname)
const { flows } = loadFlows(read.files, read.prompts, read.categories)
const CIRCLES = flowOf(`  a: { type: menu, prompts: [hello], keys: { "1": { goto: a }, "2": { goto: b }, "*": { goto: c } }, onSilence: c }
  b: { type: menu, prompts: [hello], keys: { "0": { goto: a }, "1": { goto: c } }, onSilence: c, onFault: d }
  c: { type: play, prompts: [hello], next: d, onFault: d }
  d: { type: end }
`)

t.test('nodes do not overlap, lines begin and end at their nodes, everything is inside', async (t) => {
  const row = flowOf(`${Array.from({ length: 40 }, (_, index) => `  ${index === 0 ? 'a' : `n${index}`}: { type: menu, prompts: [hello], keys: { "1": { goto: n${Math.min(39, index + 1)} }, "2": { goto: n${Math.min(39, index + 7)} }, "3": { goto: a } }, onSilence: e }\n`).join('')}  e: { type: end }\n`)
  for (const flow of [...flows.values(), CIRCLES, row]) {
    const drawing = layOut(flow)
    t.ok(fits(FlowDrawing, drawing), flow.name)
    t.equal(drawing.nodes.length, flow.nodes.size)
    for (const [at, a] of drawing.nodes.entries()) {
      t.ok(a.x >= 0 && a.y >= 0 && a.x + a.width <= drawing.width && a.y + a.height <= drawing.height, `${flow.name}: ${a.name} is inside`)
      for (const b of drawing.nodes.slice(at + 1)) t.ok(a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y, `${flow.name}: ${a.name} and ${b.name} lie apart`)
    }
    const pairs = new Set([...flow.nodes].flatMap(([from, { exits }]) => exits.map(({ to }) => `${from}>${to}`)))
    t.same(new Set(drawing.edges.map(({ from, to }) => `${from}>${to}`)), pairs, 'one line for each pair')
    for (const { from, to, points } of drawing.edges) {
      for (const [name, point] of [[from, points[0]], [to, points.at(-1)]] as const) {
        const node = drawing.nodes.find((one) => one.name === name)
        const [x = 0, y = 0] = point ?? []
        t.ok(node !== undefined && x >= node.x && x <= node.x + node.width && y >= node.y && y <= node.y + node.height, `${from} → ${to} touches ${name}`)
      }
    }
    t.same(layOut(flow), drawing, 'the same again')
  }
})

t.test('keys of one way stand on one line; a circle leads back up', async (t) => {
  const { edges, nodes } = layOut(CIRCLES)
  const edge = (from: string, to: string) => edges.find((one) => one.from === from && one.to === to)
  t.match(edge('a', 'c'), { by: 'caller', label: '* — ?' })
  t.match(edge('a', 'a'), { label: '1' })
  t.match(edge('b', 'c'), { by: 'caller', label: '1 — ?' })
  t.match(edge('b', 'd'), { by: 'fault', label: '!' })
  t.match(edge('c', 'd'), { by: 'always', label: '' })
  const y = (name: string) => nodes.find((node) => node.name === name)?.y ?? 0
  t.ok(y('a') < y('b') && y('b') < y('c') && y('c') < y('d'))
  const back = edge('b', 'a')?.points ?? []
  t.ok((back.at(-1)?.[1] ?? 0) < (back[0]?.[1] ?? 0))
})

t.test('the way of silence is drawn as silence, also where a wrong key goes it; a label stands where no other line runs, if there is such a place', async (t) => {
  const { edges } = layOut(flows.get('110') ?? CIRCLES)
  t.ok(edges.some(({ by, label }) => by === 'silence' && label === '— ?'))
  t.notOk(edges.some(({ by, label }) => by === 'caller' && /^[—? ]+$/.test(label)))
  for (const { label, labelAt: [x, y], from, to } of edges) {
    if (label === '' || from !== 'topics') continue
    const near = edges.filter((other) => other.label !== '' && (other.from !== from || other.to !== to) && Math.abs(other.labelAt[0] - x) < 12 && Math.abs(other.labelAt[1] - y) < 12)
    t.same(near.map((other) => other.label), [], `${label} is to be read`)
  }
})

t.test('SVG: counts, drop-off, a trace; in either language; nothing of a file becomes markup', async (t) => {
  const drawing = layOut({ ...CIRCLES, title: { zh: '<script>', en: '"&' } })
  const plain = toSvg(drawing)
  t.match(plain, /^<svg [^>]*aria-label="&#60;script&#62; \/ &#34;&#38;"/)
  t.notMatch(plain, '<script')
  t.equal((plain.match(/<g /g) ?? []).length, 4)
  t.match(toSvg(drawing, {}, 'zh'), />菜单</)
  t.match(toSvg(drawing, {}, 'en'), />menu</)
  const live = toSvg(drawing, { counts: { a: { came: 120, left: 7, ms: 8_400 }, b: { came: 30 } }, trace: ['a', 'b', 'a', 'c', 'd'] })
  t.match(live, />120 · 8\.4 s · <tspan class="left">−7</)
  t.equal((live.match(/class="edge \w+ walked"/g) ?? []).length, 4, 'a→b, b→a, a→c, c→d')
  t.match(live, />1\+</, 'come by more than once')
})

t.test('nodes are called by their titles, in one language or both, with room for them; a node that runs a part is called as the part is', async (t) => {
  const city = flows.get('110') ?? CIRCLES
  t.equal(city.nodes.get('topics')?.title?.zh, '事项菜单')
  for (const flow of flows.values()) t.same([...flow.nodes].filter(([, { title }]) => title === null).map(([name]) => name), [], `${flow.name}: every node of the city has a title`)
  const widthIn = (side: 'each' | 'both') => layOut(city, side).nodes.find(({ name }) => name === 'caller')?.width ?? 0
  t.ok(widthIn('both') > widthIn('each'), 'two titles side by side need more room')
  t.match(toSvg(layOut(city), {}, 'zh'), />事项菜单<[^]*>topics · 菜单</)
  t.match(toSvg(layOut(city), {}, 'en'), />Topics<[^]*>topics · menu</)
  t.match(toSvg(layOut(city), {}, 'zh'), />开关</, 'conditions are named, too')
  t.match(toMermaid(layOut(city), 'en'), '-- "switch" -->')
  t.match(toSvg(layOut(city, 'both')), />事项菜单 Topics<[^]*>topics · 菜单 menu</)
  const plain = layOut(CIRCLES)
  t.match(plain.nodes[0], { name: 'a', title: null })
  t.match(toSvg(plain, {}, 'zh'), />▶ a<[^]*>菜单</)
  const part = flows.get('disaster')
  const [umbrella] = [...city.nodes].flatMap(([name, node]) => (name === 'umbrella' ? [{ ...node, title: null }] : []))
  if (part === undefined || umbrella === undefined) throw new Error('the city has no disaster mode')
  t.same(layOut({ ...city, nodes: new Map([...city.nodes, ['umbrella', umbrella]]) }).nodes.find(({ name }) => name === 'umbrella')?.title, part.title)
})

t.test('a call that went through a part is laid over the drawing of both', async (t) => {
  const steps = ['situation', 'umbrella', 'disaster/notice', 'disaster/back', 'topics'].map((node, index) => ({ node, ms: index * 1_000 }))
  t.same(stepsIn(layOut(flows.get('110') ?? CIRCLES), steps), [{ node: 'situation', ms: 0 }, { node: 'umbrella', ms: 1_000 + 2_000 + 3_000 }, { node: 'topics', ms: 4_000 }])
  t.same(stepsIn(layOut(flows.get('disaster') ?? CIRCLES), steps), [{ node: 'notice', ms: 2_000 }, { node: 'back', ms: 3_000 }])
  const trace = steps.map(({ node }) => node)
  t.equal((toSvg(layOut(flows.get('110') ?? CIRCLES), { trace }).match(/class="edge \w+ walked"/g) ?? []).length, 2, 'situation → umbrella → topics')
  t.equal((toSvg(layOut(flows.get('disaster') ?? CIRCLES), { trace }).match(/class="edge \w+ walked"/g) ?? []).length, 1, 'notice → back')
})

t.test('a part that calls another: what happens in that one belongs to the node that called it, until the part returns', async (t) => {
  const node = (name: string, ending: string | null = null) => ({ name, ending })
  const outer = { flow: 'outer', nodes: [node('ask'), node('call'), node('back', 'returns')] }
  const path = ['a', 'outer/ask', 'outer/call', 'inner/say', 'inner/end', 'outer/back', 'other/more', 'b', 'inner/say']
  t.same(stepsIn(outer, path.map((name) => ({ node: name, ms: 1 }))), [{ node: 'ask', ms: 1 }, { node: 'call', ms: 3 }, { node: 'back', ms: 1 }])
  t.same([4, 5, 6, 7, 8, 9].map((steps) => placeIn(outer, path.slice(0, steps))), ['call', 'call', 'back', undefined, undefined, undefined])
  t.equal(placeIn({ flow: 'whole', nodes: [] }, path), 'b', 'in the drawing of the flow itself, he is where it called')
})

t.test('Mermaid: safe names, shapes and labels', async (t) => {
  const text = toMermaid(layOut(flows.get('110') ?? CIRCLES))
  t.match(text, /^flowchart TD\n {2}n_caller\{"外语来电？ Speaks a foreign language\?"\}\n/)
  t.match(text, '  n_topics{{"事项菜单 Topics"}}')
  t.match(toMermaid(layOut(flows.get('110') ?? CIRCLES), 'en'), '  n_topics{{"Topics"}}')
  const hostile = flowOf('  a: { type: end, title: { zh: 甲, en: \'"] & <b>#1\' } }\n')
  t.match(toMermaid(layOut(hostile), 'en'), 'n_a(["#34;] #38; #60;b#62;#35;1"])')
  t.match(text, '  n_waiting(["等候接听 Waits for an operator"])')
  t.match(text, /n_topics -- "9 #42;" --> n_english/)
  t.notMatch(text, /\bend\b(?!")/)
})

t.test('a large tangle is laid out as fast as it is large', async (t) => {
  const menus = (count: number) => Array.from({ length: count }, (_, at) => `  ${at === 0 ? 'a' : `n${at}`}: { type: menu, prompts: [hello], keys: { "1": { goto: n${(at * 7 + 1) % count || 1} }, "2": { goto: n${(at * 13 + 5) % count || 1} }, "3": { goto: n${(at + 1) % count || 1} } }, onSilence: e }\n`).join('')
  const large = flowOf(`${menus(300)}  e: { type: end }\n`)
  const began = performance.now()
  const { edges, nodes } = layOut(large)
  const took = performance.now() - began
  t.equal(nodes.length, 301)
  t.ok(took < 10_000, `${Math.round(took)} ms; each label against each line took half a minute`)
  const points = edges.reduce((sum, edge) => sum + edge.points.length, 0)
  t.ok(points < 60_000, `${points} points: a line does not get a place in every one of hundreds of ranks`)
})
