import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { importCommand } from '../../src/cli/import.js'
import { runCommand } from '../../src/cli/run.js'
import type { Self } from '../../src/contracts/people.js'
import { readTable } from '../../src/dispatch/import/csv.js'
import { makeFlowCalendar } from '../../src/wiring/flow-calendar.js'
import { startCaseWork } from '../helpers/case-work.js'
import { openTestStore, temporaryHome } from '../helpers/database.js'

t.setTimeout(400_000)

t.test('the table as a spreadsheet counts it', async (t) => {
  t.match(readTable('a,b\r\n"x, ""y""\r\nz",1\r\n\r\n2,3,4\n'), { header: ['a', 'b'], rows: [{ row: 2, cells: ['x, "y"\r\nz', '1'] }, { row: 4, cells: ['2', '3', '4'] }], problems: [{ row: 4, column: 'C' }] })
  t.match(readTable('a;b\n1;2'), { rows: [{ row: 2, cells: ['1', '2'] }] })
  t.match(readTable('a,b\n"x" ,1\n"王城"公园,2\n'), { rows: [{ row: 2, cells: ['x', '1'] }, { row: 3 }], problems: [{ row: 3, column: 'A' }] }, 'what stands behind a quotation mark is not swallowed')
  t.match(readTable('a,b\n"1,2\n3,4').problems, [{ row: 2, column: 'A', problem: { zh: /引号/ } }])
  t.match(readTable(''), { rows: [] })
})

/** A database, a copy of the flows, and the command on them. */
async function importing(t: Test) {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const flows = join(home.path, 'flows')
  cpSync(fileURLToPath(new URL('../../ivr-flows', import.meta.url)), flows, { recursive: true })
  Object.assign(process.env, { DATABASE_URL: store.url, LIANDONG_FLOWS_DIRECTORY: flows })
  t.teardown(() => { delete process.env['DATABASE_URL']; delete process.env['LIANDONG_FLOWS_DIRECTORY'] })
  async function run(kind: string, content: string | Buffer, ...more: string[]): Promise<{ code: number; said: string }> {
    const file = join(home.path, 'sheet.csv')
    writeFileSync(file, content)
    let said = ''
    const out = new Writable({ write(chunk: Buffer, _encoding, done) { said += chunk.toString(); done() } })
    const code = await runCommand(importCommand, [kind, file, ...more], { stdout: out, stderr: out, stdin: process.stdin })
    return { code, said: said.replaceAll(file, 'sheet.csv') }
  }
  const count = async (sql: string): Promise<number> => (await store.pool.query<{ n: number }>(`select count(*)::int as n from ${sql}`)).rows[0]?.n ?? -1
  return { store, flows, run, count }
}

t.test('import: a dry run names every problem by row and column; nothing is half done', async (t) => {
  const { store, flows, run, count } = await importing(t)
  const flowCalendar = makeFlowCalendar(() => store.rules().calendar)

  const wrong = await run('units', '代码,名称,24小时值守,工作时间,类别,颜色\nnew-unit,新单位,是,09:00-12:00,noise,红\nBAD ID,,也许,9-5,martian,\n', '--dry-run')
  t.equal(wrong.code, 1)
  t.match(wrong.said, /sheet\.csv:1:F {2}不认识的列“颜色”/)
  for (const [where, what] of [['3:A', /小写字母/], ['3:B', /不能为空/], ['3:C', /也许/], ['3:D', /09:00-12:00/], ['3:E', /没有类别 martian \/ there is no category martian/]] as const) t.match(wrong.said, new RegExp(`sheet\\.csv:${where} .*${what.source}`), where)

  t.match(wrong.said, /✗ 6 个问题，什么也没有写入：合格 1 行.*拒收 1 行，问题列在上面.* \/ 6 problems, nothing was written: 1 good row, .*; 1 row refused, the problems listed above \(file:row:column\)/)
  const half = await run('units', '代码,名称,24小时值守\nfine-unit,好单位,是\nBAD ID,坏单位,是\nother-unit,别的,也许\n')
  t.match(half, { code: 1, said: /合格 1 行，新增 1，更改 0；拒收 2 行.*1 good row, 1 new, 0 changed; 2 rows refused/ })
  t.equal(await count(`unit where id = 'fine-unit'`), 0, 'nothing was written')

  const missing = await run('units', '代码,24小时值守,,\nnew-unit,是,,\n', '--dry-run')
  t.match(missing, { code: 1, said: /合格 0 行，新增 0，更改 0；拒收 1 行/ }, 'good and refused add up, also where the first row is to blame')
  t.match(missing, { code: 1, said: /sheet\.csv:1:E  缺少列“名称”（name）；首行已有：代码、24小时值守 \/ the column “name” \(名称\) is missing/ })
  t.notMatch(missing.said, /:1:C/, 'an empty column is passed over')
  t.match(await run('units', '代码,名称,24小时值守,\nnew-unit,新单位,是,x\n', '--dry-run'), { code: 1, said: /1:D  这一列没有列名/ })
  const headless = await run('units', 'new-unit,新单位,是\nother,别的,否\n', '--dry-run')
  t.match(headless, { code: 1, said: /sheet\.csv:1:A  首行应为列名，却是“new-unit,新单位,是”；至少要有 代码,名称,24小时值守 \/ .*id,name,standby/ })
  t.match(headless.said, /1 个问题/)
  t.match(await run('units', '', '--dry-run'), { code: 1, said: /却是空的/ })

  const good = 'id,name,standby,officeHours,categories\nnew-unit,新单位,no,"08:00-12:00,14:00-18:00","noise,road"\ngas-company,燃气集团,yes,,gas\n'
  t.match(await run('units', good, '--dry-run'), { code: 0, said: /试运行.*2 rows, 1 new, 1 changed/ })
  t.equal(await count('unit'), 67)
  t.match(await run('units', good), { code: 0, said: /已导入/ })
  t.equal(await count('unit'), 68)
  t.equal(await count(`unit where id = 'gas-company' and name = '燃气集团' and office_hours = '09:00-12:00,13:30-17:30'`), 1)

  // What a Chinese spreadsheet writes.
  const gbk = Buffer.from([...Buffer.from('code,unit,basis,category,area\nX-1,new-unit,'), 0xd4, 0xeb, 0xc9, 0xf9, ...Buffer.from(',noise,\n')])
  t.match(await run('duties', gbk), { code: 0 })
  t.equal(await count(`duty_rule where code = 'X-1' and basis = '噪声' and hours = 'any' and role = 'lead'`), 1)
  t.match(await run('duties', 'code,unit,basis,validFrom\nX-2,new-unit,b,2026/10/1\nX-2,new-unit,b,2026-13-01\nX-2,new-unit,c,2026-10-02\n'), { code: 1, said: /sheet\.csv:3:D .*不是日期[\s\S]*sheet\.csv:4:A .*与第 2 行重复/ })
  t.equal(await count(`duty_rule where code = 'X-2'`), 0, 'all of it or nothing')

  t.match(await run('duties', 'code,unit,basis,validFrom,validTo\nX-3,new-unit,b,2026-12-31,2026-01-01\n'), { code: 1, said: /2:E .*从不生效/ })
  t.match(await run('units', 'id,name,standby,categories\nx-unit,新,yes,"mars,noise,venus"\n'), { code: 1, said: /2:D .*mars.*venus/ }, 'each part of a list that is wrong')

  t.match(await run('clocks', '时限,类别,分钟,计时\nrepair,noise,90,工作时间\nfly,noise,0,immer\n'), { code: 1, said: /3:A .*fly[\s\S]*3:C [\s\S]*3:D / })
  t.match(await run('clocks', '时限,类别,分钟,计时\nrepair,noise,90,工作时间\n'), { code: 0 })

  t.match(await run('calendar', '日期,类型,名称,文号\n2027-01-01,放假,元旦,国办发明电〔2026〕1号\n'), { code: 0 })
  await store.refreshRules()
  t.equal(store.rules().calendar.years.has(2027), true, 'the year is known now')
  t.equal(flowCalendar().holidays['2027-01-01'], true, 'to the flows, too: the city has one calendar')
  const corrected = '日期,类型,名称,文号\n2027-01-02,放假,元旦,国办发明电〔2026〕2号\n'
  t.match(await run('calendar', corrected), { code: 1, said: /2027 年已录入的 1 天不在表里.*--replace[\s\S]*− 2027-01-01 holiday 元旦 {2}将删除/ })
  t.equal(await count(`calendar_day where day = '2027-01-01'`), 1, 'nothing is lost unasked')
  t.match(await run('calendar', corrected, '--replace', '--dry-run'), { code: 0, said: /将删除/ })
  t.match(await run('calendar', corrected, '--replace'), { code: 0, said: /已删除/ })
  t.equal(await count(`calendar_day where extract(year from day) = 2027`), 1, 'a year is replaced as a whole')
  await store.refreshRules()
  t.same([flowCalendar().holidays['2027-01-01'], flowCalendar().holidays['2027-01-02']], [undefined, true])

  t.match(await run('users', 'login,name,role,extension,unit\nli,李,接警员,,\nwang,王,unit,,new-unit\nzhao,赵,operator,1001,\nsun,孙,operator,1001,\n'), { code: 1, said: /2:D .*分机号[\s\S]*5:D .*冲突/ })
  t.equal(await count('person'), 0)
  t.match(await run('users', 'login,name,role,extension,unit\nwang,王,unit,,new-unit\nzhao,赵,operator,1001,\n'), { code: 0 })
  t.equal(await count('person where password_hash is null'), 2)
  await store.pool.query(`insert into person (id, login_name, display_name, role, extension, practice) values (gen_random_uuid(), 'op1', '练习', 'operator', '1009', true)`)
  const more = 'login,name,role,extension,unit\nqian,钱,operator,1002,\nzhou,周,unit,,no-unit\n'
  t.match(await run('users', more, '--dry-run'), { code: 1, said: /注意.*此数据库用于练习[\s\S]*LIANDONG_PBX_KIND=freeswitch[\s\S]*sheet\.csv:3:E .*no-unit/ }, 'a city that practises may look at its sheet')
  t.match(await run('users', more.replace('no-unit', 'new-unit'), '--dry-run'), { code: 0, said: /试运行，什么也没有写入：2 行/ })
  t.match(await run('users', more.replace('no-unit', 'new-unit')), { code: 1, said: /此数据库用于练习.*LIANDONG_PBX_KIND=freeswitch/ })
  t.equal(await count(`person where login_name in ('qian', 'zhou')`), 0)
  await store.pool.query(`update person set disabled_at = now(), extension = null where login_name = 'op1'`)
  t.match(await run('channels', 'unit,channel,address,secret\nnew-unit,webhook,https://unit.example/hook,whsec_abc\n'), { code: 0 })

  t.match(await run('citizens', '号码,姓名,地址,听障\n13900000071,孙大娘,唐宫东路 9 号,请放慢语速\n139-1,,,\n'), { code: 1, said: /3:A .*电话号码/ })
  await run('citizens', '号码,姓名,地址,听障,备注\n13900000071,孙大娘,唐宫东路 9 号,请放慢语速,独居\n')
  t.match(await run('citizens', 'number,name,note\n13900000071,,与女儿同住\n13900000072,王,\n'), { code: 0, said: /2 rows, 1 new, 1 changed/ })
  t.match(await store.callers.read('13900000071'), { name: '孙大娘', address: '唐宫东路 9 号', version: 2, hints: [{ kind: 'deaf', text: '请放慢语速' }, { kind: 'note', text: '与女儿同住' }] }, 'an empty cell leaves what was there')

  const book = readFileSync(join(flows, 'categories.yaml'), 'utf8')
  t.match(await run('categories', 'code,zh,en,class,units\nheating,供热,Heating,standard,heating\n'), { code: 1, said: /缺少已有类别 police/ })
  const rows = [...book.matchAll(/^ {2}([a-z-]+): +\{ zh: ([^,]+?), +en: ([^,]+?), +class: (\w+) \}/gm)].map(([, code, zh, en, queue]) => [code, zh, en, queue].join(','))
  t.match(await run('categories', `code,zh,en,class\n${rows.join('\n')}\nheating,供热,Heating,standard\n`), { code: 0, said: /16 rows, 1 new, 0 changed/ })
  t.match(await run('categories', `code,zh,en,class\n${rows.join('\n')}\nheating,集中供热,Heating,standard\n`), { code: 0, said: /16 rows, 0 new, 1 changed/ }, 'what says the same is not changed')
  t.match(readFileSync(join(flows, 'categories.yaml'), 'utf8'), /^# yaml-language-server[\s\S]*heating:\n +zh: 集中供热/)
  t.match(await run('categories', 'code,zh,en,class\nheating,供热,Heating,standard\n', '--dry-run'), { code: 1 })
  t.equal((await run('martians', '')).code, 2)
})

t.test('channels: each address is looked at as what it is for; the sheet is the whole list of each unit that it names', async (t) => {
  const { store, run, count } = await importing(t)
  const bad = await run('channels', 'unit,channel,address,secret\ngas-company,webhook,ftp://10.0.0.1/x,k\ngas-company,webhook,nonsense,k\ngas-company,webhook,https://gas.example/hook,\ngas-company,email,nobody,\ngas-company,sms,0379-1234567,\ngas-company,sms,,\ngas-company,none,x@y.example,\ndrainage,none,,\ndrainage,sms,13900000081,\n')
  for (const [where, what] of [['2:C', /http\(s\)/], ['3:C', /http\(s\)/], ['4:B', /密钥.*key to sign with/], ['5:C', /不是邮件地址/], ['6:C', /短信只能发到手机号/], ['7:B', /没有地址/], ['8:B', /none/], ['8:C', /none/], ['9:B', /none/]] as const) t.match(bad.said, new RegExp(`sheet\\.csv:${where} .*${what.source}`), where)
  t.match(bad, { code: 1, said: /9 个问题/ })
  const enabled = async (): Promise<string[]> => (await store.pool.query<{ one: string }>(`select unit_id || ' ' || channel || ' ' || address as one from unit_channel where enabled order by 1`)).rows.map(({ one }) => one)
  t.match(await run('channels', '单位代码,方式,地址,密钥\ngas-company,推送,https://gas.example/hook,k1\ngas-company,短信,13900000081,\ndrainage,邮件,duty@drainage.example,\n'), { code: 0 })
  const all = ['drainage email duty@drainage.example', 'gas-company sms 13900000081', 'gas-company webhook https://gas.example/hook']
  t.same(await enabled(), all)
  const { open, act } = await startCaseWork(store)
  await act(await open(), 'dispatch', { unitId: 'gas-company' })
  // A number that is a stranger's now; the key stays with an empty cell.
  const sheet = 'unit,channel,address,secret\ngas-company,webhook,https://gas.example/hook,\ngas-company,sms,13900000082,\n'
  t.match(await run('channels', sheet), { code: 1, said: /已录入的 1 项不在表里.*--replace[\s\S]*− gas-company sms 13900000081 {2}将删除/ })
  t.same(await enabled(), all, 'nothing is taken off unasked')
  t.match(await run('channels', sheet, '--replace'), { code: 0, said: /已删除/ })
  t.same(await enabled(), ['drainage email duty@drainage.example', 'gas-company sms 13900000082', 'gas-company webhook https://gas.example/hook'], 'of a unit that is not in the sheet nothing is taken')
  t.equal(await count(`unit_channel where secret = 'k1'`), 1)
  t.same((await store.outbox.take('sms', 20, 1_000, [])).map(({ address }) => address), [], 'what waited for the old address goes nowhere')
  t.equal((await store.outbox.take('webhook', 20, 1_000, [])).length, 1)
  await act(await open(), 'dispatch', { unitId: 'gas-company' })
  t.same((await store.outbox.take('sms', 20, 1_000, [])).map(({ address }) => address), ['13900000082'])
  t.match(await run('channels', 'unit,channel,address\ngas-company,无,\n', '--replace'), { code: 0, said: /2 removed/ })
  t.same(await enabled(), ['drainage email duty@drainage.example'], 'and the last of a unit’s')
  t.match(await run('channels', 'unit,channel,address,secret\ngas-company,sms,13900000081,\n'), { code: 0 })
  t.ok((await enabled()).includes('gas-company sms 13900000081'), 'one that was taken off comes back')
})

t.test('named people and rules of clusters come from a sheet, and count at once', async (t) => {
  const { store, run, count } = await importing(t)
  const work = await startCaseWork(store, { loginName: 'chief', displayName: '裁定人', role: 'supervisor' }, { loginName: 'other', displayName: '值班长', role: 'supervisor' })
  const by = (login: string): Self => work.people.find(({ loginName }) => loginName === login) ?? work.operator
  const head = '环节,单位代码,姓名,方式,地址,登录名\n'

  const wrong = await run('named', `${head}催办,martian,甲,短信,13900000101,\n督办,,乙,短信,0379-1234567,\n通报,,丙,邮件,nobody,\n催办,,丁,,,\n裁定,,戊,,,op1\n裁定,,己,,,nobody\n`, '--dry-run')
  t.equal(wrong.code, 1)
  for (const [where, what] of [['2:B', 'martian'], ['3:E', '短信只能发到手机号'], ['4:E', '不是邮件地址'], ['5:A', '无人收到'], ['6:F', 'op1 的角色是 operator'], ['7:F', '没有用户 nobody']] as const) t.match(wrong.said, new RegExp(`sheet\\.csv:${where} .*${what}`), where)
  t.equal(await count('named_person'), 0)

  const good = `${head}督办,,值班领导,短信,13900000102,\n督办,gas-company,燃气经理,邮件,gas@city.example,\n裁定,,裁定人,,,chief\n`
  t.match(await run('named', good, '--dry-run'), { code: 0, said: /3 rows, 3 new, 0 changed/ })
  t.equal(await count('named_person'), 0, 'a dry run')
  t.match(await run('named', good), { code: 0 })
  await store.refreshRules()
  t.same(store.rules().officers, [by('chief').id], 'who may rule')

  const ticket = await work.open()
  await work.act(ticket, 'dispatch', { unitId: 'urban-management' })
  await work.act(ticket, 'supervise', {}, by('chief'))
  const { rows } = await store.pool.query<{ address: string }>(`select address from outbox where ticket_id = $1 and audience = 'person'`, [ticket])
  t.same(rows, [{ address: '13900000102' }], 'supervision reaches who is named for all units, and not another unit’s manager')

  const next = `${head}督办,,值班领导,短信,13900000109,\n裁定,,裁定人,,,other\n`
  for (const less of [next, head]) t.match(await run('named', less), { code: 1, said: /--replace/ }, 'nobody is taken out by a sheet that was cut short')
  t.equal(await count('named_person'), 3)
  t.match(await run('named', next, '--dry-run', '--replace'), { code: 0, said: /− supervise gas-company 燃气经理 email {2}将删除[\s\S]*更改 2，删除 1.*2 changed, 1 removed/ })
  t.equal(await count('named_person'), 3)
  t.match(await run('named', next, '--replace'), { code: 0, said: /已删除/ })
  t.equal(await count(`named_person where address = '13900000109'`), 1)
  await store.refreshRules()
  t.same(store.rules().officers, [by('other').id])

  t.match(await run('clusters', '类别,米,分钟,自动聚合件数\nmartian,0,60,2\n', '--dry-run'), { code: 1, said: /2:A [\s\S]*2:B [\s\S]*2:D / })
  t.match(await run('clusters', '类别,米,分钟,自动聚合件数,自动聚合分钟\nwage-claim,80,4320,3,60\nnoise,150,180,,\n,300,1440,,\n'), { code: 0, said: /0 new, 3 changed/ })
  t.equal(await count(`cluster_rule where category is null and metres = 300`), 1, 'the line without a category is everybody’s')
  for (let n = 0; n < 3; n += 1) await work.open({ category: 'wage-claim', place: '某工地' })
  t.equal((await store.clusters.look()).length, 3, 'three claims at one site are one incident now')
})

t.test('a calendar whose notice begins on 31 December takes nothing from the year that ends', async (t) => {
  const { run, count } = await importing(t)
  const of2026 = await count(`calendar_day where extract(year from day) = 2026`)
  t.ok(of2026 > 30)
  const head = '日期,类型,名称,文号\n'
  const sheet = `${head}${['2026-12-31', '2027-01-01', '2027-01-02'].map((day) => `${day},放假,元旦,国办发明电〔2026〕9号\n`).join('')}`
  t.match(await run('calendar', sheet), { code: 0, said: /3 rows, 3 new, 0 changed/ })
  t.equal(await count(`calendar_day where extract(year from day) = 2026`), of2026 + 1)
  t.equal(await count(`calendar_year where year = 2026 and source like '%2025%'`), 1, 'nor is it by another notice now')
  // And one that ends in a year nobody knows yet.
  t.match(await run('calendar', `${head}2028-12-30,上班,元旦调休,x\n2028-12-31,放假,元旦,x\n2029-01-01,放假,元旦,x\n`), { code: 0 })
  t.equal(await count('calendar_year where year = 2028'), 1)
  t.equal(await count('calendar_year where year = 2029'), 0, 'one day of a year is not that year')
  const two = `${head}2027-05-01,放假,劳动节,y\n2028-05-01,放假,劳动节,z\n2028-05-02,放假,劳动节,z\n`
  t.match(await run('calendar', two, '--dry-run'), { code: 1, said: /2027、2028|2028、2027/ }, 'two years in one sheet are two years')
})

t.test('a calendar that is imported counts at once for what units have in hand', async (t) => {
  const { store, run } = await importing(t)
  const { open, act } = await startCaseWork(store)
  const inHand = await open()
  await act(inHand, 'dispatch', { unitId: 'telecom' })
  await act(inHand, 'deliver', { how: 'phone', unitId: 'telecom' })
  const holidays = Array.from({ length: 15 }, (_, n) => `${new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10)},放假,特假,号`)
  t.match(await run('calendar', `日期,类型,名称,文号\n${holidays.join('\n')}\n`, '--replace', '--dry-run'), { code: 0 })
  t.equal((await store.records.history(inHand)).at(-1)?.act, 'deliver', 'a dry run moves nothing')
  t.match(await run('calendar', `日期,类型,名称,文号\n${holidays.join('\n')}\n`, '--replace'), { code: 0, said: /1 张在办工单的时限已重算/ })
  t.equal((await store.records.history(inHand)).at(-1)?.act, 'recount')
})
