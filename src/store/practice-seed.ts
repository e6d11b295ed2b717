import type { Pool } from 'pg'

/** Invented citizens, so that a practice pop has something to show: hints, addresses, earlier calls, an open ticket nearby. */
export async function seedPractice(pool: Pool): Promise<void> {
  await pool.query(`insert into citizen (number, name, address, hints) values
    ('13900000001', '周大爷', '西工区中州中路 128 号院 3 号楼', '[{"kind":"deaf","text":"听力障碍，请放慢语速"}]'),
    ('13900000002', '吴女士', '涧西区景华路 56 号', '[]'),
    ('13900000003', '冯女士', '老城区唐宫东路 9 号', '[{"kind":"note","text":"独居老人，有应急联系人"}]'),
    ('13900000007', '', '', '[{"kind":"nuisance","text":"近 30 天 41 次无声电话","score":82}]'),
    ('13900000011', 'M. Keller', '洛龙区开元大道 200 号', '[{"kind":"foreign-language","text":"说英语 (speaks English)"}]')
    on conflict (number) do nothing`)
  const { rowCount } = await pool.query('select 1 from ticket limit 1')
  if (rowCount !== 0) return
  const stories = [
    ['13900000001', 'manhole-cover', '开元大道与龙门大道交叉口东南角', 34.6215, 112.4532, '井盖缺失，已放警示桩', 'open'],
    ['13900000002', 'power-repair', '景华路 56 号楼', 34.6631, 112.4012, '整栋楼停电', 'open'],
    ['13900000002', 'noise', '景华路 60 号院', 34.6628, 112.4021, '夜间施工噪声', 'closed'],
    ['13900000003', 'street-light', '唐宫东路', 34.6842, 112.4731, '路灯不亮', 'closed'],
    ['13900000012', 'manhole-cover', '龙门大道', 34.6209, 112.4541, '井盖松动', 'open'],
  ] as const
  for (const [n, [number, category, place, lat, lon, description, state]] of stories.entries()) {
    const id = `00000000-0000-4000-8000-0000000000${(16 + n).toString(16)}`
    const at = new Date(Date.now() - (n + 1) * 7_200_000)
    await pool.query(`insert into call (id, number, caller_name, verified, called_number, state, class, category, language, created_at, queued_at, answered_at, ended_at, hangup_cause)
      values ($1, $2, '', true, '110', 'ended', 'standard', $3, 'zh-CN', $4, $4, $4, $4, 'NORMAL_CLEARING') on conflict do nothing`, [id, number, category, at])
    await pool.query(`insert into ticket (id, number, state, version, kind, category, place, lat, lon, description, number_called_from, number_verified, opened_at, answered_at, closed_at)
      values ($1, ticket_label(nextval('ticket_number')), $2, 1, 'joint-service', $3, $4, $5, $6, $7, $8, true, $9, $9, $10)`, [id, state, category, place, lat, lon, description, number, at, state === 'closed' ? at : null])
    await pool.query(`insert into ticket_history (ticket_id, version, act_id, act, at, changes) values ($1, 1, $1, 'open', $2, '{}')`, [id, at])
  }
}
