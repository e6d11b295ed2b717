import { join } from 'node:path'
import { Client } from 'pg'
import { bad, ok, warn, type Check } from '../contracts/doctor.js'
import { missingYear } from '../dispatch/core/calendar.js'
import { migrationFiles } from './migrate.js'
import { givenAccess, historyInReach, type DatabaseSettings } from './roles.js'
import { READ_NODES } from './presence.js'
import { runningServer } from './server-holder.js'
import { CHECK_NAMED, READ_YEARS } from './sql/dispatch.js'
import { RULES } from './sql/flow-edition.js'

export interface DatabaseUnderCare extends DatabaseSettings { readonly home: string; readonly migrations: string }

export interface DatabaseFindings {
  readonly checks: readonly Check[]
  /** The database's clock minus ours and half the round trip, ms. */
  readonly clock?: { readonly skew: number; readonly uncertainty: number }
  /** Extensions of operators who can sign in, practice apart. */
  readonly extensions: readonly string[]
  /** Nodes that live, by their own word (`src/pbx/doctor/halls.ts`). */
  readonly nodes: readonly { readonly node: string; readonly host: string; readonly core: string; readonly halls: boolean | null }[]
}

/** SQL floor (design.md, "Data"). */
const OLDEST = 15

/** Looks at PostgreSQL and changes nothing there. Never rejects. */
export async function checkDatabase({ home, migrations, ...given }: DatabaseUnderCare, now: () => number = Date.now): Promise<DatabaseFindings> {
  const access = given.databaseUrl !== '' ? givenAccess(given) : runningServer(join(home, 'postgres'))
  if (access === null) {
    return { extensions: [], nodes: [], checks: [warn('database.reach', '内置 PostgreSQL 未运行', 'the embedded PostgreSQL does not run', '它随 liandong start 启动；之后再检查，或设置 DATABASE_URL', 'it starts with liandong start: look again then, or set DATABASE_URL')] }
  }
  const client = new Client({ connectionString: access.url, connectionTimeoutMillis: 3_000, statement_timeout: 5_000, application_name: 'liandong doctor' })
  client.on('error', () => undefined) // the query that follows tells
  try {
    await client.connect()
    const before = now()
    const { rows: [server] } = await client.query<{ version: string; number: number; now: Date }>(`select current_setting('server_version') as version, current_setting('server_version_num')::int as number, clock_timestamp() as now`)
    const after = now()
    const version = server?.version ?? ''
    const checks: Check[] = [Math.floor((server?.number ?? 0) / 10_000) >= OLDEST
      ? ok('database.reach', `PostgreSQL ${version} 可用`, `PostgreSQL ${version} answers`)
      : bad('database.reach', `PostgreSQL ${version} 过旧`, `PostgreSQL ${version} is too old`, `需要 ${OLDEST} 以上`, `${OLDEST} or later is needed`)]
    checks.push(await checkSchema(client, migrations), ...await checkHistory(client), ...await checkRules(client))
    checks.push(...await checkYears(client, now()))
    const people = await peopleOf(client)
    if (people !== null) {
      checks.push(people.count > 0
        ? ok('database.people', `${people.count} 个可登录的用户，其中 ${people.extensions.length} 个有分机`, `${people.count} people can sign in, ${people.extensions.length} of them with an extension`)
        : warn('database.people', '除练习账号外没有可登录的用户', 'nobody can sign in but practice log-ins', 'LIANDONG_PBX_KIND=freeswitch npx liandong user add --login li.xiaomei --name 李晓梅 --role operator --extension 1001', 'LIANDONG_PBX_KIND=freeswitch npx liandong user add --login li.xiaomei --name 李晓梅 --role operator --extension 1001'))
      // Who just begins has nobody to name yet.
      if (people.count > 0) checks.push(...await checkNamed(client))
    }
    return { checks, extensions: people?.extensions ?? [], nodes: await nodesOf(client), clock: { skew: (server?.now.getTime() ?? after) - (before + after) / 2, uncertainty: (after - before) / 2 } }
  } catch (error) {
    return { extensions: [], nodes: [], checks: [bad('database.reach', `PostgreSQL 不可用：${reasonOf(error)}`, `PostgreSQL is not available: ${reasonOf(error)}`, '检查 DATABASE_URL（LIANDONG_DATABASE_URL），以及该服务器是否在运行', 'check DATABASE_URL (LIANDONG_DATABASE_URL), and whether that server runs')] }
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** A refused connection to a name with several addresses comes as an AggregateError without a text. */
const reasonOf = (error: unknown): string => {
  const { message, code } = error as { message?: string; code?: string }
  return message === undefined || message === '' ? code ?? 'unknown' : message
}

/** Nodes that are set otherwise than one another: the strictest counts, which who set the other does not expect. */
async function checkRules(client: Client): Promise<Check[]> {
  const { rows: [there] } = await client.query<{ there: boolean }>(`select to_regclass('flow_rule') is not null as there`)
  const rules = there?.there === true ? (await client.query<{ node: string; approval: boolean }>(RULES)).rows : []
  const [strict, lax] = [true, false].map((approval) => rules.filter((one) => one.approval === approval).map(({ node }) => node).join(', '))
  return strict === undefined || lax === undefined || strict === '' || lax === '' ? [] : [warn('flows.rules',
    `各节点的设置 flows.approval 不同：${strict} 要求另一人批准，${lax} 不要求；以要求批准的为准`, `nodes differ in flows.approval: ${strict} want a second person, ${lax} do not; the stricter counts`,
    '在各节点设置相同的 LIANDONG_FLOWS_APPROVAL，再逐个重启', 'set LIANDONG_FLOWS_APPROVAL alike on every node and restart them one by one')]
}

async function checkSchema(client: Client, directory: string): Promise<Check> {
  const files = migrationFiles(directory)
  const ours = files.at(-1)?.version ?? 0
  const { rows: [there] } = await client.query<{ there: boolean }>(`select to_regclass('migration') is not null as there`)
  const applied = there?.there === true ? (await client.query<{ version: number; checksum: string }>('select version, checksum from migration order by version')).rows : []
  const newest = applied.at(-1)?.version ?? 0
  if (newest > ours) return bad('database.schema', `数据库结构为 ${newest}，比程序（${ours}）新`, `the schema is at ${newest}, newer than this program (${ours})`, '升级程序', 'upgrade the program')
  const altered = files.find(({ version, checksum }) => applied.some((row) => row.version === version && row.checksum !== checksum))
  if (altered !== undefined) return bad('database.schema', `迁移 ${altered.name} 与已执行的不同`, `migration ${altered.name} differs from the one that was applied`, '恢复该文件的原样，改动写成新的迁移', 'restore the file as it was; changes go into a new migration')
  const pending = files.filter(({ version }) => !applied.some((row) => row.version === version)).length
  if (pending > 0) return warn('database.schema', `${pending} 个迁移尚未执行`, `${pending} migrations have not been applied`, 'liandong start 会执行', 'liandong start applies them')
  return ok('database.schema', `数据库结构为最新（${newest}）`, `the schema is up to date (${newest})`)
}

/** Who came in with the server's password must not be able to write history anew, triggers or not. */
async function checkHistory(client: Client): Promise<readonly Check[]> {
  const { role, guarded, tables } = await historyInReach(client)
  if (guarded === 0) return [] // before the first migration
  if (tables.length === 0) return [ok('database.history', `角色 ${role} 对 ${guarded} 张历史表只能读取和追加`, `the role ${role} can only read and append to the ${guarded} history tables`)]
  return [warn('database.history', `角色 ${role} 可以改动历史（如 ${tables[0] ?? ''}）：目前只有触发器阻止`, `the role ${role} could change history (${tables[0] ?? ''}, for one): only triggers are in its way`,
    `建立第二个角色：create role liandong_server login password '…'；DATABASE_URL 用它，原来的连接串设为 LIANDONG_DATABASE_OWNER_URL（见 README “PostgreSQL”）`,
    `make a second role: create role liandong_server login password '…'; name it in DATABASE_URL, and the present one in LIANDONG_DATABASE_OWNER_URL (README, “PostgreSQL”)`)]
}

/** Disputes end with a named officer's ruling, and what is late reaches named persons, as soon as somebody named them. */
async function checkNamed(client: Client): Promise<readonly Check[]> {
  const { rows: [there] } = await client.query<{ there: boolean }>(`select to_regclass('named_person') is not null as there`)
  if (there?.there !== true) return []
  const { rows: [row] } = await client.query<{ officers: number; told: number; missing: string[] }>(CHECK_NAMED)
  const { officers = 0, told = 0, missing = [] } = row ?? {}
  const remedy = ['用 liandong import named 导入负责人与裁定人（见 README）', 'name them with liandong import named (README)'] as const
  if (officers === 0) return [warn('database.named', '没有指定裁定人：任何值班长都可裁定退单两次的工单', 'no officer is named: any supervisor rules on what was returned twice', ...remedy)]
  if (missing.length > 0) return [warn('database.named', `逾期阶段 ${missing.join('、')} 没有指定可告知的负责人，或只为部分单位指定`, `nobody, or not for every unit, is named to be told at the stage ${missing.join(', ')} of what is late`, ...remedy)]
  return [ok('database.named', `${officers} 名裁定人，逾期告知 ${told} 条`, `${officers} may rule, ${told} are told of what is late`)]
}

/** Offices are open by the calendar of the year; one that nobody loaded is Monday to Friday. */
async function checkYears(client: Client, now: number): Promise<readonly Check[]> {
  const { rows: [there] } = await client.query<{ there: boolean }>(`select to_regclass('calendar_year') is not null as there`)
  if (there?.there !== true) return []
  const { rows } = await client.query<{ year: number }>(READ_YEARS)
  const years = new Set(rows.map(({ year }) => year))
  const missing = missingYear({ zone: Intl.DateTimeFormat().resolvedOptions().timeZone, years }, now)
  return [missing === null
    ? ok('database.calendar', `放假安排已录入到 ${Math.max(...years)} 年`, `calendars are loaded up to ${Math.max(...years)}`)
    : warn('database.calendar', `${missing} 年放假安排尚未录入：工作时间按周一至周五计算`, `the calendar of ${missing} is not loaded: office hours are counted Monday to Friday`, '国务院办公厅公布后用 liandong import calendar 导入', 'load it with liandong import calendar when the State Council has published it')]
}

/** None before the migrations by which nodes say so. */
async function nodesOf(client: Client): Promise<DatabaseFindings['nodes']> {
  const { rows: [there] } = await client.query<{ there: boolean }>(`select to_regclass('node_presence') is not null as there`)
  return there?.there === true ? (await client.query<DatabaseFindings['nodes'][number]>(READ_NODES)).rows : []
}

/** Null before the first migration. */
async function peopleOf(client: Client): Promise<{ readonly count: number; readonly extensions: readonly string[] } | null> {
  const { rows: [there] } = await client.query<{ there: boolean }>(`select to_regclass('person') is not null as there`)
  if (there?.there !== true) return null
  const { rows } = await client.query<{ extension: string | null }>('select extension from person where disabled_at is null and not practice and password_hash is not null order by extension')
  return { count: rows.length, extensions: rows.flatMap(({ extension }) => (extension === null ? [] : [extension])) }
}
