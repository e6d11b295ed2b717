import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { offerVariables } from '../../src/pbx/leg-variables.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (file: string): string => readFileSync(`${root}${file}`, 'utf8')
const allowed = new Set([...read('sip/freeswitch/autoload_configs/switch.conf.xml').matchAll(/<allow name="(?:mod_[a-z_]+\.)?([a-z_]+)(?:\.(?:app|api))?"\/>/g)].map(([, name]) => name ?? ''))
/** Names that a module brings which is allowed as a whole. */
const WHOLE = new Set(['callcenter', 'callcenter_config'])
const known = (name: string): boolean => allowed.has(name) || WHOLE.has(name)

t.test('FreeSWITCH lets through what our own commands name', (t) => {
  const encoder = read('src/pbx/esl/command.ts')
  // What is written to the socket: the word that each line begins with.
  const apis = new Set([...encoder.matchAll(/return `([a-z_]+) /g)].map(([, name]) => name ?? '').filter((name) => !['linger', 'api', 'bgapi', 'event', 'auth', 'sendmsg'].includes(name)))
  t.ok(apis.size >= 15, `${apis.size} commands found in the encoder`)
  for (const name of apis) t.ok(known(name), `api ${name}`)
  for (const name of /APPLICATIONS[^[]*\[([^\]]*)\]/.exec(encoder)?.[1]?.match(/[a-z_]+/g) ?? []) t.ok(known(name), `application ${name}`)
  for (const [variable, value] of Object.entries(offerVariables({ callId: '00000000-0000-4000-8000-000000000001', operatorId: '00000000-0000-4000-8000-000000000002', legId: '00000000-0000-4000-8000-000000000003', extension: '1001', callerNumber: '', timeout: 1_000 }, { context: 'citizens', speech: true }))) {
    if (variable.startsWith('api_on_answer')) for (const name of value.match(/^\w+|(?<=^sched_api \S+ \S+ )\w+/g) ?? []) t.ok(known(name), `${variable}: ${name}`)
  }
  t.end()
})

t.test('… and what the dialplan names', (t) => {
  for (const file of readdirSync(`${root}sip/freeswitch/dialplan`)) {
    for (const [, name = ''] of read(`sip/freeswitch/dialplan/${file}`).matchAll(/application="([a-z_]+)"/g)) t.ok(known(name), `${file}: ${name}`)
  }
  t.end()
})

t.test('… and nothing that runs programs or text', (t) => {
  for (const name of ['system', 'bg_system', 'bgsystem', 'eval', 'expand', 'lua', 'curl', 'load', 'unload', 'bgapi', 'db']) t.notOk(known(name), name)
  t.end()
})
