import type { TicketAct } from '../contracts/acts.js'
import type { TicketKind } from '../contracts/ticket.js'

type Bare<T> = T extends TicketAct ? Omit<T, 'actId' | 'baseVersion'> : never
/** Who does it: the operator who took the call, a supervisor, or the unit of this name. */
export type Step = readonly [hoursLater: number, who: 'operator' | 'supervisor' | (string & {}), act: Bare<TicketAct>]
export interface Past {
  /** Before now. More than a day: today's figures begin with the first real call. */
  readonly hoursAgo: number
  readonly number: string
  readonly category: string | null
  readonly kind: TicketKind
  /** A place of `PRACTICE_PLACES`, and what stands beside it. */
  readonly place: string
  readonly beside?: string
  readonly description: string
  readonly steps: readonly Step[]
}

const give = (unitId: string, after = 0.05): Step => [after, 'operator', { act: 'dispatch', unitId, note: '' }]
const sign = (unitId: string, after = 0.1): Step => [after, unitId, { act: 'sign', note: '' }]
const progress = (unitId: string, after: number, step: 'note' | 'arrived' | 'made-safe' | 'repaired', note: string): Step => [after, unitId, { act: 'progress', step, note, photos: [] }]
const report = (unitId: string, after: number, note: string): Step => [after, unitId, { act: 'report', result: 'done', note, photos: [] }]
const visited = (after: number, note = ''): readonly Step[] => [[after, 'operator', { act: 'visit', result: 'satisfied', note }], [after + 0.02, 'operator', { act: 'close', note: '' }]]
const settle = (after: number, outcome: 'answered' | 'silent' | 'settled-on-the-spot' | 'handed-over', note: string): Step => [after, 'operator', { act: 'settle', outcome, note }]
/** From dispatch to the visit. */
const done = (unitId: string, hours: number, how: string): readonly Step[] => [give(unitId), sign(unitId), progress(unitId, Math.min(0.6, hours / 2), 'arrived', ''), report(unitId, hours, how), ...visited(hours + 3)]

/** What happened in the practice city before anybody sat down: work in every state, some of it late, some of it in danger. */
export const PRACTICE_PAST: readonly Past[] = [
  { hoursAgo: 30, number: '13900000014', category: 'manhole-cover', kind: 'joint-service', place: '唐宫西路', beside: '玻璃厂路口', description: '雨水井盖断裂下沉，电动车通行危险', steps: [give('municipal-works'), sign('municipal-works'), progress('municipal-works', 0.7, 'made-safe', '已围挡，夜间加警示灯'), progress('municipal-works', 22, 'note', '井座破损，等预制件到货')] },
  { hoursAgo: 27.5, number: '13900000015', category: 'manhole-cover', kind: 'joint-service', place: '瀍河桥东', description: '人行道通信井盖翻起', steps: [give('municipal-works'), sign('municipal-works'), progress('municipal-works', 0.6, 'made-safe', '已复位并围挡'), [0.9, 'municipal-works', { act: 'return', duty: 'MH-04', note: '通信井，产权单位为电信公司' }], [1.1, 'operator', { act: 'reassign', unitId: 'telecom', note: '按职责清单转产权单位' }], sign('telecom', 1.2)] },
  { hoursAgo: 47.6, number: '13900000016', category: 'road', kind: 'joint-service', place: '九都路与解放路交叉口', description: '机动车道坑槽约一平方米', steps: [give('municipal-works'), sign('municipal-works', 0.3), progress('municipal-works', 18, 'arrived', '已勘查，夜间施工')] },
  { hoursAgo: 27.2, number: '13900000017', category: 'street-light', kind: 'joint-service', place: '启明南路', description: '连续五盏路灯不亮', steps: [give('street-lighting'), sign('street-lighting', 0.4), progress('street-lighting', 2, 'arrived', '电缆被挖断，正在接续'), progress('street-lighting', 19, 'repaired', '已接续，夜间看亮灯')] },
  { hoursAgo: 34, number: '13900000018', category: 'wage-claim', kind: 'joint-service', place: '高新区科技园', beside: '在建工地', description: '八名工人两个月工资未发，共约六万元', steps: [give('labour-inspection'), sign('labour-inspection', 0.3), progress('labour-inspection', 4, 'note', '已约谈承包方，答应三日内付清')] },
  { hoursAgo: 27.8, number: '13900000019', category: 'water', kind: 'joint-service', place: '王城公园', beside: '北门家属院', description: '地下管道漏水，楼前积水', steps: [give('water-supply'), sign('water-supply', 0.2), progress('water-supply', 1.2, 'arrived', '主管漏点已找到'), [3, 'water-supply', { act: 'ask-extension', until: 60 * 3_600_000, note: '需申请破路' }], [3.5, 'supervisor', { act: 'answer-extension', granted: true, note: '同意' }]] },
  { hoursAgo: 30, number: '13900000020', category: 'ride-dispute', kind: 'joint-service', place: '火车站广场', description: '出租车拒绝打表，要价 80 元', steps: [give('taxi-office'), sign('taxi-office', 0.5)] },
  { hoursAgo: 27.2, number: '13900000021', category: 'environment', kind: 'joint-service', place: '太康东路', description: '渣土车遗撒，路面扬尘', steps: [give('sanitation'), sign('sanitation', 0.2), progress('sanitation', 1, 'arrived', ''), report('sanitation', 4.5, '已冲洗路面两遍，车辆信息移交城管')] },
  { hoursAgo: 39, number: '13900000022', category: 'road', kind: 'joint-service', place: '孙辛路', description: '限高架被撞歪斜', steps: [give('municipal-works'), sign('municipal-works', 0.2), report('municipal-works', 33, '限高架已拆除重装')] },
  { hoursAgo: 54, number: '13900000023', category: 'wage-claim', kind: 'joint-service', place: '关林市场', description: '超市辞退后拖欠工资 4200 元，双方对工时有争议', steps: [give('labour-inspection'), sign('labour-inspection', 0.3), [6, 'operator', { act: 'refer', body: 'arbitration', name: '劳动人事争议仲裁院', nextAt: 144 * 3_600_000, note: '工时有争议，调解不成' }]] },
  { hoursAgo: 28, number: '13900000024', category: 'other', kind: 'joint-service', place: '市民之家', description: '盲道被共享单车占满', steps: [] },
  { hoursAgo: 52, number: '13900000005', category: 'power-repair', kind: 'joint-service', place: '上海市场', description: '商铺停电，表箱冒烟已熄灭', steps: done('power-supply', 1.8, '更换表箱开关，已恢复供电') },
  { hoursAgo: 60, number: '13900000006', category: 'gas', kind: 'joint-service', place: '中州中路 128 号院', description: '楼道有燃气味', steps: done('gas-company', 1.4, '接口松动，已更换并检测合格') },
  { hoursAgo: 66, number: '13900000029', category: 'live-wire', kind: 'joint-service', place: '周王城广场', beside: '公交站', description: '大风刮断电线，垂到站台边，有火花', steps: [give('power-supply'), sign('power-supply'), progress('power-supply', 0.4, 'made-safe', '已断电，现场围挡'), report('power-supply', 1.6, '断线已换新架好，绝缘检测合格'), ...visited(4.6)] },
  { hoursAgo: 75, number: '13900000008', category: 'noise', kind: 'joint-service', place: '牡丹广场', description: '广场舞音响声大，晚十点不停', steps: done('urban-management', 2.2, '已劝导，约定晚九点前结束') },
  { hoursAgo: 98, number: '13900000009', category: 'manhole-cover', kind: 'joint-service', place: '龙门高铁站', description: '出站口井盖缺失', steps: done('municipal-works', 5, '已补装球墨铸铁井盖') },
  { hoursAgo: 121, number: '13900000010', category: 'ride-dispute', kind: 'joint-service', place: '龙门高铁站', description: '行李遗落出租车后备箱', steps: done('taxi-office', 3, '司机已送还，市民确认收到') },
  { hoursAgo: 146, number: '13900000025', category: 'street-light', kind: 'joint-service', place: '滨河南路', description: '整条路灯不亮', steps: done('street-lighting', 20, '控制箱故障，已更换接触器') },
  { hoursAgo: 170, number: '13900000026', category: 'water', kind: 'joint-service', place: '周王城广场', description: '消火栓漏水', steps: done('water-supply', 6, '已更换密封圈') },
  { hoursAgo: 190, number: '13900000027', category: 'wage-claim', kind: 'joint-service', place: '丽景门', description: '餐馆拖欠工资 1800 元', steps: [settle(0.3, 'settled-on-the-spot', '三方通话，店主当场转账')] },
  { hoursAgo: 72, number: '13900000028', category: null, kind: 'consultation', place: '市民之家', description: '问居住证办理地点与材料', steps: [settle(0.05, 'answered', '已告知：户籍地派出所或市民之家二楼')] },
  { hoursAgo: 33, number: '13900000007', category: null, kind: 'invalid', place: '', description: '无人说话', steps: [settle(0.03, 'silent', '')] },
]
