import { loadConfig } from '../config.js'
import { LiandongError } from '../contracts/errors.js'
import { newSigner, publicOf } from '../dispatch/county/seal.js'
import { withDatabase, type Database } from '../store/beside.js'
import { dropKey, dropLine, putLine } from '../store/line-setup.js'
import { makeLineStore } from '../store/lines.js'
import { noRules } from '../store/rules.js'
import { ADD_SIGNER } from '../store/sql/line.js'
import type { Command } from './command.js'
import { databaseOf } from './database.js'
import { checkOptions, EXIT, parseOptions, UsageError, verbOf } from './options.js'

const USAGE = `用法 / Usage:
  liandong county key [--new]                                    本机公钥；--new 换新密钥 / our public key; --new makes a new one, the old one stays valid there until it is taken off
  liandong county add <名称 name> --units yanshi,… --key <公钥>      在市中心登记一个县 / at the city: a county, its units, its public key
  liandong county join <https://市中心> --name <名称> --units yanshi,… --key <公钥> [--plain]
                                                                 在县里接入市中心 / at a county: the city and its public key
  liandong county drop-key <名称> <密钥号>                        不再接受对方的一把密钥 / a key of the other side counts no more
  liandong county off <名称>                                     停用线路 / switches a line off; what waits in it stays
  liandong county list                                           线路状态 / how the lines stand

  县里另设 LIANDONG_NODE_KIND=county。双方约 15 秒内生效。/ A county also sets LIANDONG_NODE_KIND=county. Both sides notice within 15 s.

  退出码 / exit code: 0 完成 done, 1 没有完成 it failed, 2 用法 usage
`

const OPTIONS = { name: { type: 'string' }, units: { type: 'string' }, key: { type: 'string', multiple: true }, plain: { type: 'boolean' }, new: { type: 'boolean' } } as const
type Values = ReturnType<typeof parseOptions<typeof OPTIONS>>['values']
type Option = keyof typeof OPTIONS
type Word = keyof typeof WORDS

/** What a word has to look like, and an example of it. */
const WORDS = {
  'name': { is: /^[a-z0-9-]{2,16}$/, zh: '线路名应为 2 至 16 个小写字母、数字、连字符，如 yanshi', en: 'a line’s name must be 2 to 16 lower-case letters, digits and hyphens, such as yanshi' },
  'url': { is: /^https?:\/\/[^\s/]\S*$/, zh: '市中心的地址，如 https://city.example', en: 'the city’s address must be like https://city.example' },
  'key-id': { is: /^[0-9a-f]{8}$/, zh: '密钥号应为 8 位十六进制数，见对方的 liandong county key', en: 'the number of a key must be 8 hexadecimal digits, as liandong county key prints it on the other side' },
} as const

/** Which words stand after each verb, and which options it needs and knows. */
const VERBS = {
  'key': { words: [], needs: [], knows: ['new'] },
  'add': { words: ['name'], needs: ['units', 'key'], knows: [] },
  'join': { words: ['url'], needs: ['name', 'units', 'key'], knows: ['plain'] },
  'drop-key': { words: ['name', 'key-id'], needs: [], knows: [] },
  'off': { words: ['name'], needs: [], knows: [] },
  'list': { words: [], needs: [], knows: [] },
} as const satisfies Record<string, { readonly words: readonly Word[]; readonly needs: readonly Option[]; readonly knows: readonly Option[] }>
type Verb = keyof typeof VERBS

interface Asked { readonly verb: Verb; readonly subject: string; readonly key: string; readonly values: Values; readonly units: readonly string[] }

function check(what: string, word: Word, text: string | undefined): void {
  const { is, zh, en } = WORDS[word]
  if (text === undefined) throw new UsageError(`liandong ${what} 之后缺一个词：${zh}`, `liandong ${what} lacks a word: ${en}`)
  if (!is.test(text)) throw new UsageError(`${what} “${text}”：${zh}`, `${what} “${text}”: ${en}`)
}

/** @throws UsageError */
function readArguments([first, ...args]: readonly string[]): Asked {
  const verb = verbOf('county', first, Object.keys(VERBS) as Verb[])
  const words: readonly Word[] = VERBS[verb].words
  const { values, positionals } = parseOptions(args, OPTIONS, words.length)
  for (const [n, word] of words.entries()) check(`county ${verb}`, word, positionals[n])
  checkOptions(`county ${verb}`, values, VERBS[verb])
  if (values.name !== undefined) check('--name', 'name', values.name)
  const units = (values.units ?? '').split(',').map((unit) => unit.trim()).filter((unit) => unit !== '')
  if (values.units !== undefined && units.length === 0) throw new UsageError(`--units “${values.units}”：应为单位代码，如 yanshi`, `--units “${values.units}” must be codes of units, such as yanshi`)
  const [subject = '', key = ''] = positionals
  // In clear text everybody on the way reads who complained of what.
  if (verb === 'join' && !subject.startsWith('https://') && values.plain !== true) throw new LiandongError('line.plain', { url: subject })
  return { verb, subject, key, values, units }
}

const quiet = (): void => undefined
/** Nothing goes over a line from here. */
const NO_PHOTOS = { add: () => Promise.reject(new Error('no photos here')), read: () => Promise.resolve(null) }

async function list(pool: Database, zone: string): Promise<string> {
  const views = await makeLineStore(pool, () => noRules(zone), NO_PHOTOS, quiet).views()
  if (views.length === 0) return '还没有线路。/ There are no lines yet.\n'
  const time = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' })
  return views.map(({ name, peer, units, heardAt, skew, trouble, waiting, conflicts }) =>
    `● ${name}  ${peer === 'city' ? '→ 市中心 the city' : '← 县 a county'}  ${units.join(',')}\n    最近联系 last heard ${heardAt === null ? '—' : time.format(heardAt)}  待发 waiting ${waiting}  时钟偏差 clock off ${Math.round(skew / 1000)} s  待裁定 conflicts ${conflicts}${trouble === '' ? '' : `  ⚠ ${trouble}`}\n`).join('')
}

/** → what is printed. */
async function act({ verb, subject, key, values, units }: Asked, pool: Database, zone: string): Promise<string> {
  const keys = values.key ?? []
  switch (verb) {
    case 'key': {
      if (values.new === true) {
        const made = newSigner()
        await pool.query(ADD_SIGNER, [made.id, made.privateKey])
      }
      const signer = await makeLineStore(pool, () => noRules(zone), NO_PHOTOS, quiet).signer()
      return `${signer.id}  ${publicOf(signer)}\n`
    }
    case 'add':
      await putLine(pool, { name: subject, peer: 'county', url: '', units, keys })
      return `✓ ${subject}\n`
    case 'join':
      await putLine(pool, { name: values.name ?? '', peer: 'city', url: subject, units, keys })
      return `✓ ${values.name ?? ''}\n`
    case 'drop-key':
      await dropKey(pool, subject, key)
      return `✓ ${subject} ${key}\n`
    case 'off':
      await dropLine(pool, subject)
      return `✓ ${subject}\n`
    case 'list': return list(pool, zone)
  }
}

/** `liandong county …`: lines to counties, or to the city. Works beside a running server and without one. */
export const countyCommand: Command = {
  name: 'county',
  summary: { zh: '县级终端：密钥、接入、线路状态', en: 'county terminals: keys, joining, how the lines stand' },
  usage: USAGE,
  async run(args, io) {
    const asked = readArguments(args)
    const { config } = loadConfig(process.env)
    io.stdout.write(await withDatabase(databaseOf(config, io.stderr), (pool) => act(asked, pool, config['city.timeZone'])))
    return EXIT.fine
  },
}
