import { Type } from 'typebox'
import { factsAt } from '../conditions/condition.js'
import { CONDITIONS, conditionHolds, When } from '../conditions/index.js'
import { covers, makeTaken } from '../conditions/covers.js'
import { closed, NodeName, says } from '../fields.js'
import { defineNode } from '../node-type.js'

/** The first case whose conditions all hold decides; the caller notices nothing. */
export const branch = defineNode({
  type: 'branch',
  schema: closed({
    type: Type.Literal('branch', says('按时间、日期、开关、来电、话务量、标签、变量分支', 'Branches on the hour, the day, a switch, the caller, the load, tags, variables')),
    cases: Type.Array(closed({
      when: When,
      goto: NodeName('条件全部成立时转到', 'Where to when all conditions hold'),
    }, says('一种情况', 'One case')), { minItems: 1, maxItems: 64, ...says('依次检查，第一个成立的生效', 'Tried in order; the first that holds decides') }),
    otherwise: NodeName('都不成立时转到', 'Where to when none holds'),
  }),
  example: [
    'night:',
    '  type: branch',
    '  cases:',
    '    - { when: { hours: { from: "22:00", to: "06:00" } }, goto: quiet }',
    '    - { when: { calendar: { day: restday }, load: { presentAtMost: 0 } }, goto: leave-word }',
    '    - { when: { mode: disaster }, goto: notice }',
    '    - { when: { tag: { category: power-repair }, var: { rounds: { atMost: 2 } } }, goto: busy }',
    '  otherwise: topics',
  ].join('\n'),
  exits: (node) => [
    ...node.cases.map((one, index) => ({ to: one.goto, by: 'always' as const, path: ['cases', index, 'goto'], label: Object.keys(one.when).join(' + ') })),
    { to: node.otherwise, by: 'always', path: ['otherwise'] },
  ],
  check(node, complain) {
    const taken = makeTaken()
    node.cases.forEach((one, index) => {
      const first = node.cases.findIndex(({ when }) => covers(when, one.when))
      const shared = first < index ? null : taken.by(one.when)
      if (first < index) complain(JSON.stringify(node.cases[first]?.when) === JSON.stringify(one.when) ? 'branch.repeated' : 'branch.covered', ['cases', index, 'when'], { case: first + 1 })
      else if (shared !== null) complain('branch.shared', ['cases', index, 'when'], { cases: shared.join(', ') })
      else if (CONDITIONS.every((condition) => condition.always(one.when))) complain('branch.always', ['cases', index, 'when'], {})
      for (const condition of CONDITIONS) condition.check(one.when, (code, path, details) => complain(code, ['cases', index, 'when', ...path], details))
      if (first === index && shared === null) taken.add(one.when, index + 1)
    })
    // Where one of them leads there anyway, it is the last of them, written otherwise.
    const all = node.cases.some(({ goto }) => goto === node.otherwise) ? null : taken.by({})
    if (all !== null) complain('branch.shared', ['otherwise'], { cases: all.join(', ') })
  },
  uses: (node) => node.cases.flatMap((one, index) => CONDITIONS.flatMap((condition) =>
    condition.uses(one.when).map((use) => ({ ...use, path: ['cases', index, 'when', ...use.path] })))),
  enter(node, context) {
    const facts = factsAt(context)
    return { kind: 'goto', to: node.cases.find((one) => conditionHolds(one.when, facts))?.goto ?? node.otherwise }
  },
})
