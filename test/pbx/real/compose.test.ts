import { join } from 'node:path'
import t from 'tap'
import type { Check } from '../../../src/contracts/doctor.js'
import { doctorCommand } from '../../../src/cli/doctor.js'
import { runCommand } from '../../../src/cli/run.js'
import { PassThrough, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { COMPOSE_ENV, composeWith, environmentOf } from '../../helpers/compose.js'
import { openCity } from '../harness/city.js'
import { findRealThings } from '../harness/freeswitch.js'
import { freePort } from '../harness/ports.js'

t.setTimeout(200_000)
const things = findRealThings()

t.test('FreeSWITCH and a node with the values that compose gives them, without Docker: doctor finds nothing wrong', { skip: 'skip' in things ? things.skip : false, timeout: 180_000 }, async (t) => {
  if ('skip' in things) throw new Error(things.skip)
  const [wss, sounds] = [await freePort(), fileURLToPath(new URL('../../../ivr-flows/prompts', import.meta.url))]
  const { services } = composeWith({ ...COMPOSE_ENV, LAN_ADDRESS: '127.0.0.1', BROWSER_PHONES: `wss://127.0.0.1:${wss}`, BROWSER_PHONES_WSS: `127.0.0.1:${wss}`, TRUNK_DIAL: 'sofia/citizens/{number}@10.9.9.9' })
  const [pbx, node] = ['freeswitch', 'node-a'].map((name) => environmentOf(services[name] ?? t.fail(name) as never)) as [Record<string, string>, Record<string, string>]
  // Paths and ports are this test's own; and the database is.
  const own = (given: Record<string, string>, ...names: readonly string[]): Record<string, string> => Object.fromEntries(Object.entries(given).filter(([name]) => !names.includes(name)))
  const OWN = ['LIANDONG_PBX_PASSWORD', 'LIANDONG_PBX_CDR_DIRECTORY', 'LIANDONG_PBX_RECORDINGS', 'LIANDONG_PBX_MESSAGES', 'LIANDONG_PBX_PHONES', 'LIANDONG_FS_CITIZENS_PORT', 'LIANDONG_FS_INTAKE_NODES', 'LIANDONG_FS_PHONE_SECRET'] as const
  // Desks of this test come without the proxy.
  const NODE = [...OWN, 'DATABASE_URL', 'LIANDONG_DATABASE_OWNER_URL', 'LIANDONG_NODE_NAME', 'LIANDONG_HTTP_PORT', 'LIANDONG_PBX_LISTEN_PORT', 'LIANDONG_HTTP_ORIGINS', 'LIANDONG_HTTP_SECURE_COOKIE'] as const
  let phones = ''
  const city = await openCity(things, { operators: 1, phones: (home) => (phones = join(home, 'phones.xml')), freeswitch: own(pbx, ...OWN), environment: { ...own(node, ...NODE), LIANDONG_PBX_PROMPT_ROOT: sounds } })
  t.teardown(async () => {
    if (!t.passing()) t.comment(`${city.freeswitch.log().split('\n').slice(-40).join('\n')}\n${city.node().output().slice(-3_000)}`)
    await city.stop()
  })
  await city.startNode()

  const before = { ...process.env }
  t.teardown(() => { process.env = before })
  process.env = { ...before, ...own(node, ...NODE.filter((name) => !name.startsWith('LIANDONG_HTTP_'))), LIANDONG_HOME: join(phones, '..'), LIANDONG_PBX_PROMPT_ROOT: sounds, LIANDONG_PBX_PHONES: phones, LIANDONG_PBX_PORT: String(city.freeswitch.eslPort), LIANDONG_PBX_PASSWORD: city.freeswitch.password, LIANDONG_PBX_CDR_DIRECTORY: city.freeswitch.cdrDirectory, LIANDONG_PBX_LISTEN_PORT: String(city.intakePorts.a), DATABASE_URL: city.store.server?.url ?? '' }
  const stdout = new PassThrough()
  const code = await runCommand(doctorCommand, ['--json'], { stdout, stderr: new PassThrough(), stdin: Readable.from([]) })
  const { checks } = JSON.parse(String(stdout.read())) as { checks: Check[] }
  t.same(checks.filter(({ verdict }) => verdict === 'bad'), [])
  t.equal(code, 0)
  for (const id of ['http', 'pbx.trunk', 'pbx.phones', 'pbx.browser-phones']) t.equal(checks.find((check) => check.id === id)?.verdict, 'ok', id)
})
