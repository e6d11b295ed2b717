import { loadConfig } from '../config.js'
import { ROLE_NAMES, type Role } from '../contracts/people.js'
import { checkPerson, makeAccounts, refuseIfPractised, type Account, type Accounts } from '../people/accounts.js'
import type { NewPerson } from '../people/people.js'
import { withAccounts } from '../store/beside.js'
import type { Command, CommandIo } from './command.js'
import { databaseOf } from './database.js'
import { checkOptions, EXIT, parseOptions, verbOf } from './options.js'
import { askSecret, isTerminal, NO_TERMINAL, readSecret } from './secret.js'

const USAGE = `用法 / Usage:
  liandong user add --login li.xiaomei --name 李晓梅 --role operator --extension 1001   添加用户 / add a person
      --role        operator 接警员 | supervisor 值班长 | unit 联动单位用户 | admin 管理员
      --extension   分机号（接警员必填）/ extension (operators need one)
      --unit        单位代码（联动单位用户必填）/ unit code (unit users need one)
      --skills      类别代码，逗号分隔；省略为全部 / category codes, comma-separated; none = all
  liandong user list [--json]                    列出用户 / all people
  liandong user password --login li.xiaomei      更改密码并结束其会话 / change a password and end the sessions
  liandong user disable --login li.xiaomei       停用并结束其会话 / disable and end the sessions
  liandong user enable --login li.xiaomei        重新启用 / enable again
  liandong user phone --login li.xiaomei         为其话机生成新密码，只显示这一次 / a new password for the telephone, shown this once

  密码在终端输入，不显示；脚本用 --password-stdin 从标准输入读一行。密码从不作为参数。
  The password is asked on the terminal and not shown; scripts pipe it in with --password-stdin. It is never an argument.

  退出码 / exit code: 0 完成 done, 1 没有完成 it failed, 2 用法 usage
`

const OPTIONS = {
  login: { type: 'string' }, name: { type: 'string' }, role: { type: 'string' }, extension: { type: 'string' }, unit: { type: 'string' }, skills: { type: 'string' },
  'password-stdin': { type: 'boolean' }, json: { type: 'boolean' },
} as const
type Values = ReturnType<typeof parseOptions<typeof OPTIONS>>['values']

/** Which options each verb knows, and which it needs. */
const VERBS = {
  add: { needs: ['login', 'name', 'role'], knows: ['extension', 'unit', 'skills', 'password-stdin'] },
  list: { needs: [], knows: ['json'] },
  password: { needs: ['login'], knows: ['password-stdin'] },
  disable: { needs: ['login'], knows: [] },
  enable: { needs: ['login'], knows: [] },
  phone: { needs: ['login'], knows: [] },
} as const satisfies Record<string, { readonly needs: readonly (keyof Values)[]; readonly knows: readonly (keyof Values)[] }>
type Verb = keyof typeof VERBS

/** `liandong user …`: who may sign in. Works beside a running server and without one. Exit code 0 done, 1 not done, 2 wrong usage. */
export const userCommand: Command = {
  name: 'user',
  summary: { zh: '添加、列出、停用用户，更改密码', en: 'add, list and disable people, change passwords' },
  usage: USAGE,
  async run(args, io) {
    const [verb, values] = readOptions(args)
    const { config } = loadConfig(process.env)
    // Before the password is asked, let alone the database started.
    if (verb === 'add') checkPerson(personOf(values))
    const secret = verb === 'add' || verb === 'password' ? await newPassword(values, io) : ''
    if (secret === null) return EXIT.problems
    await withAccounts(databaseOf(config, io.stderr), async (store) => {
      if (verb === 'add') await refuseIfPractised(config['pbx.kind'], store)
      await act(verb, values, secret, makeAccounts(store), io)
    })
    return EXIT.fine
  },
}

function readOptions([first, ...args]: readonly string[]): [Verb, Values] {
  const verb = verbOf('user', first, Object.keys(VERBS) as Verb[])
  const { values } = parseOptions(args, OPTIONS)
  checkOptions(`user ${verb}`, values, VERBS[verb])
  return [verb, values]
}

/** The new password, or null when it was not given; why is on stderr. */
async function newPassword(values: Values, io: CommandIo): Promise<string | null> {
  if (values['password-stdin'] === true) return readSecret(io.stdin)
  if (!isTerminal(io.stdin)) throw NO_TERMINAL
  const first = await askSecret('密码 / password: ', io)
  const second = first === null ? null : await askSecret('再输入一次 / once more: ', io)
  if (first === null || second === null) return null
  if (first === second) return first
  io.stderr.write('两次输入的密码不同 / the two passwords differ\n')
  return null
}

const personOf = (values: Values): NewPerson => ({
  loginName: values.login ?? '', displayName: values.name ?? '', role: values.role as Role,
  ...(values.extension === undefined ? {} : { extension: values.extension }),
  ...(values.unit === undefined ? {} : { unitId: values.unit }),
  ...(values.skills === undefined ? {} : { skills: values.skills.split(',').map((skill) => skill.trim()).filter((skill) => skill !== '') }),
})

async function act(verb: Verb, values: Values, secret: string, accounts: Accounts, { stdout }: CommandIo): Promise<void> {
  const loginName = values.login ?? ''
  switch (verb) {
    case 'add':
      await accounts.add(personOf(values), secret)
      stdout.write(`已添加 ${loginName} / added ${loginName}\n`)
      return
    case 'password':
      await accounts.setPassword(loginName, secret)
      stdout.write(`已更改 ${loginName} 的密码，其会话已结束 / changed the password of ${loginName}; the sessions have ended\n`)
      return
    case 'disable': case 'enable':
      await accounts.setDisabled(loginName, verb === 'disable')
      stdout.write(verb === 'disable' ? `已停用 ${loginName}，其会话已结束 / disabled ${loginName}; the sessions have ended\n` : `已启用 ${loginName} / enabled ${loginName}\n`)
      return
    case 'phone': {
      const { extension, password: secret } = await accounts.newPhonePassword(loginName)
      stdout.write(`话机 ${extension} 的密码（用户名 ${extension}，域 liandong），不会再次显示 / password of telephone ${extension} (user ${extension}, domain liandong), not shown again:\n${secret}\n`)
      return
    }
    default: {
      const all = await accounts.list()
      stdout.write(values.json === true ? `${JSON.stringify(all, null, 2)}\n` : all.map(line).join('') || '还没有用户 / nobody yet\n')
    }
  }
}

function line({ loginName, displayName, role, extension, unitId, disabled, practice }: Account): string {
  const marks = [disabled ? '已停用 disabled' : '', practice ? '练习 practice' : ''].filter((mark) => mark !== '')
  return `${loginName.padEnd(20)} ${ROLE_NAMES[role].zh} ${ROLE_NAMES[role].en}  ${extension ?? unitId ?? ''}  ${displayName}${marks.length === 0 ? '' : `  (${marks.join(', ')})`}\n`
}
