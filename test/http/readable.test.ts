import t from 'tap'
import { refuseUnreadable } from '../../src/http/readable.js'

t.test('text that PostgreSQL cannot keep is refused with its place', async (t) => {
  for (const [value, where] of [[{ query: { text: '\u0000' } }, 'query.text'], [{ body: { changes: { description: 'a\u001bb' } } }, 'body.changes.description'], [{ body: { list: ['ok', '\ud800'] } }, 'body.list.1']] as const) {
    t.throws(() => { refuseUnreadable(value) }, { code: 'request.invalid', details: { where, problem: /\p{Script=Han}.* \/ has/u } })
  }
  t.doesNotThrow(() => { refuseUnreadable({ body: { text: '一\t二\n三\r\n😀', n: 1, none: null, yes: true } }) })
})
