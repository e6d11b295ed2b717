import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type { LineMessage } from '../../src/contracts/county.js'
import { newSigner, publicOf, seal } from '../../src/dispatch/county/seal.js'
import { putLine } from '../../src/store/line-setup.js'
import { asOwner, openTestStore, temporaryHome } from '../helpers/database.js'

/** A store with one line, `yanshi`, whose unit is `drainage`, and what the other end of it tells, sealed and numbered. @param peer who that is */
export async function openPeer(t: Test, peer: 'city' | 'county', units: readonly string[] = ['drainage']) {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const key = newSigner()
  await putLine(owner, { name: 'yanshi', peer, url: peer === 'city' ? 'http://127.0.0.1:1' : '', units, keys: [publicOf(key)] })
  await store.refreshRules()
  let seq = 0
  return {
    store, owner,
    /** How many messages it has told. */
    said: () => seq,
    /** → what became of it. @param id the message's: one that was told before is told again */
    async tell(body: unknown, id: string = randomUUID()): Promise<string | null> {
      seq += 1
      const message: LineMessage = { line: 'yanshi', from: peer, seq, id, at: Date.now(), body }
      await store.lines.receive('yanshi', [{ message, ...seal(JSON.stringify(message), key) }])
      await store.lines.apply('yanshi')
      return (await owner.query<{ result: string | null }>('select result from line_inbox where seq = $1', [seq])).rows[0]?.result ?? null
    },
  }
}
