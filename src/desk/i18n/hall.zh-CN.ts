import type { VISIT_RESULTS } from '../../contracts/work.js'

export const hallZhCN = {
  more: '更多处理', asReported: '按反馈办结',
  proposed: '建议派给', assist: '协办', safe: '先排险', considered: (count: number) => `另考虑过 ${count} 家`, nobody: '没有职责条款，也没有单位列有此类别。',
  duplicates: (count: number) => `疑似重复 ${count} 件`,
  how: '怎样告知', hows: { phone: '电话', radio: '电台', paper: '书面' },
  whom: '告知哪个单位', deliverHint: '已亲口或书面告知单位：时限从此刻（或补录的时间）起算。',
  reportedBy: (unit: string) => `${unit} 反馈`, returnedBy: (unit: string) => `${unit} 退单`, citing: (duty: string) => `依据 ${duty}`,
  redoHint: '单位重新办理，时限从它收到时起算。', stillSafe: '险情已排除，不需再次排险', told: '以上说明一并告知来电人（短信与查询网页）',
  visited: '回访结果', visits: { 'satisfied': '满意', 'partly': '基本满意', 'not-satisfied': '不满意', 'unreachable': '未联系上' } satisfies Record<(typeof VISIT_RESULTS)[number], string>,
  asked: (unit: string, until: string) => `${unit} 申请延至 ${until}`, granted: '答复', grants: { yes: '同意', no: '不同意' },
  protectHint: '单位、短信、公开查询各能看到多少，由此决定；说明写明是谁的意愿。放宽只能由值班长办理，须写理由并留痕。',
  level: '级别', hazard: '有险情（须先排险）',
  unit: '联动单位', reference: '对方受理编号', into: '并入哪张工单（编号、电话或文字）', intoNone: '没有相似的在办工单：请输入编号、电话或文字查找。', intoNothing: '没有符合的在办工单。', intoHint: '并入后随主单办结，来电人一并告知。',
  standing: { title: '办理情况', hall: '接警中心', assist: '协办', and: '、', into: '已并入', incident: '聚集事件', members: (count: number) => `已并入 ${count} 张工单，连同本单共 ${count + 1} 次来电`, more: (count: number) => `再看其余 ${count} 张`, elsewhere: '他们的话记在接警中心；需要时请与接警中心联系。' },
  dispute: { give: (unit: string) => `改派给 ${unit}`, helps: (unit: string) => `改由 ${unit} 协办`, standDown: '不再协办', upheld: (duty: string) => `权属异议成立，依据 ${duty}`, hint: '单位会看到理由，工单照办；它仍可依据条款退单。' },
  duty: '职责条款', dutyNone: '没有写明此单位的条款。',
  needed: { note: '请写明情况。', unit: '请选择单位。', duty: '请选择条款。', reference: '请填写对方的受理编号。', into: '请选择工单。', body: '请填写机构名称和下一步日期。' },
}
