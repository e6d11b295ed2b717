import { loadConfig } from '../config.js'
import { errorText, LiandongError } from '../contracts/errors.js'
import { newSigner, publicOf } from '../dispatch/county/seal.js'
import { noRules } from '../store/rules.js'
import { migrationsDirectory } from '../paths.js'
import { withDatabase, type Database } from '../store/beside.js'
import { dropKey, dropLine, putLine } from '../store/line-setup.js'
import { makeLineStore } from '../store/lines.js'
import { ADD_SIGNER } from '../store/sql/line.js'
import type { Command } from './command.js'
import { EXIT, parseOptions } from './options.js'

const USAGE = `用法 / Usage:
  liandong county key [--new]                                    本机公钥；--new 换新密钥 / our public key; --new makes a new one, the old one stays valid there until it is taken off
  liandong county add <名称 name> --units yanshi,… --key <公钥>      在市中心登记一个县 / at the city: a county, its units, its public key
  liandong county join <https://市中心> --name <名称> --units yanshi,… --key <公钥> [--plain]
                                                                 在县里接入市中心 / at a county: the city and its public key
  liandong county drop-key <名称> <密钥号>                        不再接受对方的一把密钥 / a key of the other side counts no more
  liandong county off <名称>                                     停用线路 / switches a line off; what waits in it stays
  liandong county list                                           线路状态 / how the lines stand

  县里另设 LIANDONG_NODE_KIND=county。双方约 15 秒内生效。/ A county also sets LIANDONG_NODE_KIND=county. Both sides notice within 15 s.
  退出码 / exit code: 0 完成 done, 1 未成功 refused, 2 用法 usage
`

const OPTIONS = { name: { type: 'string' }, units: { type: 'string' }, key: { type: 'string', multiple: true }, plain: { type: 'boolean' }, new: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const
const NAME = /^[a-z0-9-]{2,16}$/
const quiet = (): void => undefined

async function list(pool: Database, zone: string): Promise<string> {
  const views = await makeLineStore(pool, () => noRules(zone), quiet).views()
  if (views.length === 0) return '还没有线路。/ There are no lines yet.\n'
  const time = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' })
  return views.map(({ name, peer, units, heardAt, skew, trouble, waiting, conflicts }) =>
    `● ${name}  ${peer === 'city' ? '→ 市中心 the city' : '← 县 a county'}  ${units.join(',')}\n    最近联系 last heard ${heardAt === null ? '—' : time.format(heardAt)}  待发 waiting ${waiting}  时钟偏差 clock off ${Math.round(skew / 1000)} s  待裁定 conflicts ${conflicts}${trouble === '' ? '' : `  ⚠ ${trouble}`}\n`).join('')
}

/** `liandong county …`: lines to counties, or to the city. Works beside a running server and without one. */
export const countyCommand: Command = {
  name: 'county',
  summary: { zh: '县级终端：密钥、接入、线路状态', en: 'county terminals: keys, joining, how the lines stand' },
  async run(args, io) {
    const parsed = parseOptions(args, OPTIONS, USAGE, io.stderr)
    if (parsed === null) return EXIT.usage
    const { values, positionals: [verb = '', subject = '', more = '', ...rest] } = parsed
    if (values.help === true || verb === 'help') { io.stdout.write(USAGE); return EXIT.fine }
    const units = (values.units ?? '').split(',').map((unit) => unit.trim()).filter((unit) => unit !== '')
    const keys = values.key ?? []
    const { config } = loadConfig(process.env)
    const verbs: Readonly<Record<string, { readonly fits: boolean; readonly run: (pool: Database) => Promise<string> }>> = {
      'key': { fits: subject === '', run: async (pool) => {
        if (values.new === true) {
          const made = newSigner()
          await pool.query(ADD_SIGNER, [made.id, made.privateKey])
        }
        const signer = await makeLineStore(pool, () => noRules(config['city.timeZone']), quiet).signer()
        return `${signer.id}  ${publicOf(signer)}\n`
      } },
      'add': { fits: NAME.test(subject) && more === '' && units.length > 0 && keys.length > 0, run: async (pool) => { await putLine(pool, { name: subject, peer: 'county', url: '', units, keys }); return `✓ ${subject}\n` } },
      'join': { fits: /^https?:\/\/\S+$/.test(subject) && more === '' && NAME.test(values.name ?? '') && units.length > 0 && keys.length > 0, run: async (pool) => {
        // In clear text everybody on the way reads who complained of what.
        if (!subject.startsWith('https://') && values.plain !== true) throw new LiandongError('line.plain', { url: subject })
        await putLine(pool, { name: values.name ?? '', peer: 'city', url: subject, units, keys })
        return `✓ ${values.name ?? ''}\n`
      } },
      'drop-key': { fits: NAME.test(subject) && more !== '', run: async (pool) => { await dropKey(pool, subject, more); return `✓ ${subject} ${more}\n` } },
      'off': { fits: NAME.test(subject) && more === '', run: async (pool) => { await dropLine(pool, subject); return `✓ ${subject}\n` } },
      'list': { fits: subject === '', run: (pool) => list(pool, config['city.timeZone']) },
    }
    const chosen = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
    if (chosen?.fits !== true || rest.length > 0) { io.stderr.write(USAGE); return EXIT.usage }
    try {
      io.stdout.write(await withDatabase({ databaseUrl: config['database.url'], home: config.home, migrations: migrationsDirectory, onProgress: (zh, en) => { io.stderr.write(`${zh} / ${en}\n`) } }, chosen.run))
      return EXIT.fine
    } catch (error) {
      if (!(error instanceof LiandongError)) throw error
      io.stderr.write(`${errorText(error.code, 'zh', error.details)} / ${errorText(error.code, 'en', error.details)}\n`)
      return EXIT.problems
    }
  },
}
