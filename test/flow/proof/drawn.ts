import fc from 'fast-check'

/** One node of a drawn flow, as numbers. */
export interface Draw { readonly kind: number; readonly forward: readonly number[]; readonly keys: readonly number[]; readonly tries: number; readonly extra: number }

const KINDS = ['menu', 'menu', 'collect', 'play', 'tag', 'transfer', 'look-up', 'branch', 'message', 'listen', 'call-back', 'queue', 'set', 'sub-flow'] as const

export const drawArb: fc.Arbitrary<Draw> = fc.record({
  kind: fc.integer({ min: 0, max: KINDS.length - 1 }), forward: fc.array(fc.nat(), { minLength: 3, maxLength: 3 }), keys: fc.array(fc.nat(), { minLength: 1, maxLength: 2 }),
  tries: fc.integer({ min: 1, max: 2 }), extra: fc.nat(7),
})

/** Where arrows lead. `onward`: always to a later node; `keys`: those of keys anywhere, all others onward, so that every circle needs a key; `anywhere`: all of them. */
export type Where = 'onward' | 'keys' | 'anywhere'

/** Conditions that do not depend on each other. */
export const DRAWN_CONDITIONS = ['caller: { verified: true }', 'load: { waitingAtLeast: 5 }'] as const

/** The part that drawn flows call. */
export const DRAWN_PART = `flow: ask
kind: part
title: { zh: 问, en: Ask }
languages: [zh-CN, en]
start: question
nodes:
  question: { type: menu, prompts: [hello], again: [again], tries: 1, silenceSeconds: 1, keys: { "1": { goto: yes } }, onSilence: no }
  yes: { type: return, result: yes }
  no: { type: return, result: no }
`

/** A small flow of all kinds of nodes. Listens for the word "yes". */
export function drawnText(draws: readonly Draw[], where: Where): string {
  const names = [...draws.map((_, index) => `n${index}`), 'last']
  let branches = 0
  const nodes = draws.map(({ kind, forward, keys, tries, extra }, index) => {
    const later = names.slice(index + 1)
    const pick = (among: readonly string[], which: number) => among[which % among.length] ?? 'last'
    const on = (which: number) => pick(where === 'anywhere' ? names : later, forward[which] ?? 0)
    const any = (which: number) => pick(where === 'onward' ? later : names, which)
    const first = keys[0] ?? 0
    const question = `prompts: [hello], again: [again], tries: ${tries}, ${extra & 1 ? 'wrong: [sorry], ' : ''}onSilence: ${on(0)}${extra & 2 ? `, onWrong: ${on(1)}` : ''}${extra & 4 ? `, onFault: ${on(2)}` : ''}`
    switch (KINDS[kind]) {
      case 'menu': return `{ type: menu, silenceSeconds: 1, ${question}, keys: { ${keys.map((to, key) => `"${key + 1}": { goto: ${any(to)}${extra === 5 ? ', tag: { language: en }' : ''} }`).join(', ')} } }`
      case 'collect': return `{ type: collect, silenceSeconds: 1, betweenKeysSeconds: 1, ${question}, max: ${1 + extra % 3}, patterns: ["9."], saveAs: number, next: ${any(first)} }`
      case 'play': return `{ type: play, prompts: [hello, ${extra & 1 ? 'sorry' : 'again'}], ${extra & 2 ? 'skip: true, ' : ''}next: ${on(0)}${extra & 4 ? `, onFault: ${on(1)}` : ''} }`
      case 'transfer': return `{ type: transfer, line: water-company, ringSeconds: ${3 + extra}, onFault: ${on(0)} }`
      case 'look-up': return `{ type: look-up, service: outages, query: { area: east }, save: { found: area }, timeoutSeconds: 1, next: ${on(0)}, onFault: ${on(1)} }`
      case 'tag': return `{ type: tag, set: { language: ${extra & 1 ? 'en' : 'zh-CN'} }, next: ${on(0)} }`
      case 'message': return `{ type: message, prompts: [hello], maxSeconds: ${5 + extra}, next: ${on(0)}, onSilence: ${on(1)}${extra & 4 ? `, onFault: ${on(2)}` : ''} }`
      case 'listen': return `{ type: listen, silenceSeconds: 1, ${question}, keys: { "1": { words: { en: [yes] }, goto: ${on(1)} }, "2": { goto: ${any(first)} } } }`
      case 'call-back': return `{ type: call-back, silenceSeconds: 1, ${question}, key: "1", ${extra & 1 ? 'otherKey: "2", askNumber: [again], ' : ''}next: ${any(first)} }`
      case 'queue': return `{ type: queue, announce: { prompts: [hello], everySeconds: 10, times: ${tries} }, ${extra & 1 ? `keys: { "1": { goto: ${any(first)} } }, ` : ''}next: ${on(0)}${extra & 4 ? `, onFault: ${on(1)}` : ''} }`
      case 'set': return `{ type: set, set: { rounds: { add: 1 } }, next: ${on(0)} }`
      case 'sub-flow': return `{ type: sub-flow, flow: ask, results: { yes: ${on(0)} }, next: ${on(1)} }`
      default: {
        const condition = DRAWN_CONDITIONS[branches]
        branches += 1
        return condition === undefined ? `{ type: goto, to: ${on(0)} }` : `{ type: branch, cases: [{ when: { ${condition} }, goto: ${on(0)} }], otherwise: ${on(1)} }`
      }
    }
  })
  const all = new Map([...nodes.map((text, index): [string, string] => [names[index] ?? '', text]), ['last', '{ type: end }']])
  // What nothing leads to would be refused.
  const reached = new Set<string>()
  const ahead = ['n0']
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    if (reached.has(name)) continue
    reached.add(name)
    ahead.push(...[...(all.get(name) ?? '').matchAll(/(?:goto|to|next|otherwise|onSilence|onWrong|onFault|yes): (\w+)/g)].map(([, to]) => to ?? ''))
  }
  return `flow: test\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\nstart: n0\nnodes:\n${[...all].filter(([name]) => reached.has(name)).map(([name, text]) => `  ${name}: ${text}\n`).join('')}`
}
