import { loadConfig } from '../config.js'
import { withDatabase } from '../store/beside.js'
import { historyInReach } from '../store/roles.js'
import type { Command } from './command.js'
import { databaseOf } from './database.js'
import { EXIT, parseOptions } from './options.js'

const USAGE = `用法 / Usage:
  liandong migrate
      更新数据库结构，并授予服务器角色所需的权限；liandong start 也会做，除非它的角色无权。
      Brings the schema up to date and grants the server's role what it needs; liandong start does so too, unless its role may not.

  LIANDONG_DATABASE_OWNER_URL   拥有数据表的角色 / the role that owns the tables
  DATABASE_URL                  服务器的角色 / the role of the server

  退出码 / exit code: 0 完成 done, 1 未完成 not done, 2 用法 usage
`

/** `liandong migrate`: for a city that keeps the owner's password away from the machines that serve calls. */
export const migrateCommand: Command = {
  name: 'migrate',
  summary: { zh: '更新数据库结构与服务器角色的权限', en: 'bring the schema and the server’s grants up to date' },
  usage: USAGE,
  async run(args, { stdout, stderr }) {
    parseOptions(args, {})
    const { role, guarded, tables } = await withDatabase(databaseOf(loadConfig(process.env).config, stderr), historyInReach)
    stdout.write(`✓ 数据库结构为最新 / the schema is up to date\n`)
    stdout.write(tables.length === 0
      ? `✓ 角色 ${role} 对 ${guarded} 张历史表只能读取和追加 / the role ${role} can only read and append to the ${guarded} history tables\n`
      : `! 角色 ${role} 拥有历史表，只有触发器阻止改动（liandong doctor 说明如何分开）/ the role ${role} owns the history tables: only triggers are in its way (liandong doctor says how to part them)\n`)
    return EXIT.fine
  },
}
