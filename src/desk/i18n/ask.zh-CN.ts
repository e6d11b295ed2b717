export const askZhCN = {
  title: '查询办理情况', hint: '凭工单编号和当时拨打 110 的电话号码查询。',
  number: '工单编号', phone: '拨打时的电话号码', submit: '查询', needed: '请填写编号（数字）和电话号码。',
  state: '现在', opened: '受理时间', unit: '承办单位', due: '预计办结', closed: '办结时间', report: '承办单位的答复',
  again: '如不满意，请再拨 110 并报此编号。', desk: '工作人员登录', link: '市民：查询办理情况',
}
