import type { Recording } from '../../contracts/routes/recordings.js'
import type { HealthView } from '../../contracts/ws.js'

/** Recordings of a ticket's talks. */
export const recordingZhCN = {
  title: '通话录音',
  states: { recording: '正在录音', kept: '完整', cut: '不完整', missing: '文件缺失', deleted: '已到期删除' } satisfies Record<Recording['state'], string>,
  hints: {
    recording: '通话结束后即可听取。',
    cut: '交换机中途停止或磁盘已满，缺少后一部分。',
    missing: '索引还在，文件已不在磁盘上：请通知系统管理员从备份恢复。',
    deleted: '按保存期限删除；操作留有审计记录。',
  } satisfies Partial<Record<Recording['state'], string>>,
  listen: '听取',
  askTitle: '听取录音',
  askHint: '听取理由，如：核对事发地址、答复投诉',
  askWhy: '先写入审计记录，再播放：谁、何时、为何听取都会留痕。',
  ok: '记录理由并播放',
  cancel: '取消',
  channels: '左声道：市民　右声道：接警员',
  notYours: '只有参与此通话的接警员和值班长可以听取。',
  keptUntil: (day: string) => `保存至 ${day}`,
  held: (by: string) => `依法留存 · ${by}`,
  hold: '依法留存',
  release: '解除留存',
  holdTitle: '依法留存',
  holdHint: '依据，如：公安机关调取通知、纪检调查编号',
  holdWhy: '留存期间不会到期删除；设置与解除都有审计记录。',
  releaseTitle: '解除留存',
  releaseWhy: '解除后按保存期限处理，已到期的会在下一次清理时删除。',
  plays: (count: number) => (count === 0 ? '未听取过' : `听取 ${count} 次`),
  playsTitle: '听取记录',
  failed: '录音列表暂时查不到，稍后自动重试。',
  broken: '播放中断：请重新点“听取”。',
  trouble: { full: '录音磁盘已满，当前不录音', unwritable: '录音目录不可写，当前不录音', pbx: '交换机没有录音，请检查' } satisfies Record<NonNullable<HealthView['recording']>, string>,
  troubleHint: '通话照常。请通知系统管理员（liandong doctor）。',
}
