import t from 'tap'
import { makeRegistrations, registrationsOf } from '../../src/pbx/registrations.js'

const reply = (...extensions: readonly string[]): string => (extensions.length === 0 ? '{"row_count":0}\n' : JSON.stringify({ row_count: extensions.length, rows: extensions.map((reg_user) => ({ reg_user, realm: 'liandong' })) }))

function world() {
  const told: string[] = []
  const refused: string[] = []
  let answer: (text: string) => void = () => undefined
  const registrations = makeRegistrations({
    link: () => ({ api: () => new Promise((resolve) => { answer = (text) => { resolve({ ok: true, text, headers: null }) } }) }),
    report: ({ type, extension }) => { told.push(`${extension} ${type === 'phone.registered' ? 'came' : 'went'}`) }, onRefused: (text) => { refused.push(text) }, clock: () => 1,
  })
  const settled = async (text: string): Promise<readonly string[]> => {
    answer(text)
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    return told.splice(0)
  }
  const say = (extension: string, there: boolean): void => { registrations.take({ type: there ? 'phone.registered' : 'phone.unregistered', extension, at: 1 }) }
  return { registrations, settled, say, told, refused }
}

t.test('what registered and what went away while the link was down is said when it is up again', async (t) => {
  const { registrations, settled, say, told } = world()
  registrations.up(false)
  t.same(await settled(reply('1001', '1002')), ['1001 came', '1002 came'])
  say('1003', true)
  told.length = 0
  registrations.up(false)
  t.same(await settled(reply('1001', '1004')), ['1001 came', '1004 came', '1002 went', '1003 went'])
  registrations.up(false)
  t.same(await settled(reply('1001', '1004')), ['1001 came', '1004 came'], 'once more: a desk may have said that it is gone')
  registrations.up(false)
  t.same(await settled(reply()), ['1001 went', '1004 went'])
})

t.test('an event that comes while the list is on its way is newer than the list', async (t) => {
  const { registrations, settled, say, told } = world()
  registrations.up(false)
  await settled(reply('1001'))
  registrations.up(false)
  say('1001', false)
  say('1002', true)
  t.same(told.splice(0), ['1001 went', '1002 came'])
  t.same(await settled(reply('1001')), [])
  registrations.up(false)
  t.same(await settled(reply('1001', '1002')), ['1001 came', '1002 came'])
})

t.test('a FreeSWITCH that started anew has an empty list, and nobody is gone by that', async (t) => {
  const { registrations, settled } = world()
  registrations.up(false)
  await settled(reply('1001'))
  registrations.up(true)
  t.same(await settled(reply()), [])
})

t.test('what is no list of registrations takes nobody away', async (t) => {
  const { registrations, settled, refused } = world()
  registrations.up(false)
  await settled(reply('1001'))
  for (const text of ['-ERR Cannot get database!\n', '', '{}', '{"row_count":2,"rows":[{"reg_user":"1002"}]}', '{"row_count":1}']) {
    registrations.up(false)
    t.same(await settled(text), [], text)
  }
  t.equal(refused.length, 5)
  t.same([...registrationsOf(reply('1001', '${x}', '1', 'alice')) ?? []], ['1001'], 'extensions only')
})
