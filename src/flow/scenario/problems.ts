/** How a call can differ from what its test expects. */
export const SCENARIO_PROBLEMS = {
  'test.flow': { problem: { zh: '没有可用的流程“{name}”。', en: 'There is no usable flow "{name}".' }, remedy: { zh: '{suggestion}', en: '{suggestion}' } },
  'test.time': { problem: { zh: '“{value}”不是有效的日期或时间。', en: '"{value}" is no date or time that there is.' }, remedy: { zh: '例：at: "2026-01-05T23:00"（城市时间）。', en: 'For example at: "2026-01-05T23:00", the city\'s time.' } },
  'test.name': { problem: { zh: '流程“{flow}”没有用到{what}“{name}”，写在这里什么也不改变。', en: 'The flow "{flow}" asks for no {what} "{name}": written here it changes nothing.' }, remedy: { zh: '{suggestion}', en: '{suggestion}' } },
  'test.over': { problem: { zh: '到这一步流程已经结束（{path}）。', en: 'The flow is over before this step ({path}).' }, remedy: { zh: '请删去这一步，或检查前面的步骤。', en: 'Remove this step, or look at those before it.' } },
  'test.unheard': { problem: { zh: '这一步没有人听：此时流程既不在听说话，也不在录留言（{path}）。', en: 'Nothing hears this step: the flow neither listens nor records a message here ({path}).' }, remedy: { zh: 'say 用于 listen 节点，speaks 用于 message 节点；请删去这一步，或检查前面的步骤。', en: 'say is for a listen node, speaks for a message node; remove this step, or look at those before it.' } },
  'test.not-heard': { problem: { zh: '这里没有听到“{prompt}”；实际依次听到：{heard}。', en: '"{prompt}" was not heard here; what was heard, in order: {heard}.' }, remedy: { zh: '请改流程，或改这里的期望。', en: 'Change the flow, or what is expected here.' } },
  'test.heard': { problem: { zh: '不应听到“{prompt}”，却听到了。', en: '"{prompt}" should not be heard, and was.' }, remedy: { zh: '请改流程，或改这里的期望。', en: 'Change the flow, or what is expected here.' } },
  'test.tag': { problem: { zh: '标签 {key} 是“{found}”，应为“{wanted}”。', en: 'The tag {key} is "{found}", not "{wanted}".' }, remedy: { zh: '请改流程，或改这里的期望。', en: 'Change the flow, or what is expected here.' } },
  'test.extra-tag': { problem: { zh: '多了标签 {key} = {found}。', en: 'There is a tag more: {key} = {found}.' }, remedy: { zh: '请改流程，或在 tags 中写上它。', en: 'Change the flow, or add it to tags.' } },
  'test.queue': { problem: { zh: '排队 {key} 是“{found}”，应为“{wanted}”。', en: 'He waits with {key} "{found}", not "{wanted}".' }, remedy: { zh: '请改流程，或改这里的期望。', en: 'Change the flow, or what is expected here.' } },
  'test.ends': { problem: { zh: '结局是 {found}，应为 {wanted}（{path}）。', en: 'It ends as {found}, not {wanted} ({path}).' }, remedy: { zh: '请改流程，或改这里的期望。', en: 'Change the flow, or what is expected here.' } },
  'test.seconds': { problem: { zh: '{what}用了 {found} 秒，最多应为 {wanted} 秒。', en: '{what} took {found} s; {wanted} s are the most.' }, remedy: { zh: '请缩短路径，或改这里的期望。', en: 'Shorten the way, or change what is expected here.' } },
  'test.path': { problem: { zh: '没有经过“{node}”；走过：{path}。', en: 'He did not come by "{node}"; he went {path}.' }, remedy: { zh: '请改流程，或改这里的期望。', en: 'Change the flow, or what is expected here.' } },
  'test.call-back': { problem: { zh: '登记回拨：{found}，应为 {wanted}。', en: 'Call-back promised: {found}, not {wanted}.' }, remedy: { zh: '请改流程，或改这里的期望。', en: 'Change the flow, or what is expected here.' } },
  'test.uncovered': { problem: { zh: '没有测试走过：{edges}。', en: 'No test takes: {edges}.' }, remedy: { zh: '请运行 npx liandong flow walk {flow}，它会写出这些测试。', en: 'Run npx liandong flow walk {flow}: it writes these tests.' } },
} as const
