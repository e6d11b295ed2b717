import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { KEY_GAP, KEY_PAUSE, LISTENS, type PracticeCall, type PracticeLogin } from './contracts/routes/practice.js'
import { replaceDurably } from './disk/whole-file.js'
import type { Practice } from './http/routes/practice.js'
import type { Exchange, PlacedCall } from './pbx/exchange/exchange.js'
import { PRACTICE_PEOPLE, practicePassword } from './people/practice.js'

/** The same practice log-ins at every start of an installation: random passwords, kept in a file that only its owner reads. What cannot be read of it is drawn anew. */
export function practiceLogins(home: string): readonly PracticeLogin[] {
  mkdirSync(home, { recursive: true })
  const file = join(home, 'practice-logins.json')
  const kept = keptPasswords(file)
  const logins = PRACTICE_PEOPLE.map(({ loginName, displayName, role }) => ({ loginName, displayName, role, password: kept.get(loginName) ?? practicePassword() }))
  replaceDurably(file, JSON.stringify(Object.fromEntries(logins.map(({ loginName, password }) => [loginName, password])), null, 2))
  return logins
}

function keptPasswords(file: string): ReadonlyMap<string, string> {
  try {
    const kept: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return new Map(Object.entries(kept ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== ''))
  } catch {
    return new Map() // none yet, or not whole: practice log-ins are worth no start that fails
  }
}

/** Presses keys as they come: `w` waits. */
async function press(call: PlacedCall, keys: string): Promise<void> {
  for (const key of keys) {
    if (call.ended) return
    if (key === 'w') await sleep(KEY_PAUSE)
    else { call.press(key); await sleep(KEY_GAP) }
  }
}

/** Places calls for `liandong call` and tells line by line what the caller hears and what happens. */
export function makePractice(exchange: Exchange, logins: readonly PracticeLogin[], promptText: (path: string) => string | undefined): Practice {
  return {
    logins,
    async *placeCall(spec: PracticeCall, gone: AbortSignal) {
      const call = exchange.placeCall({ number: spec.number, ...(spec.called === undefined ? {} : { called: spec.called }), ...(spec.name === undefined ? {} : { name: spec.name }), ...(spec.lat === undefined || spec.lon === undefined ? {} : { lat: spec.lat, lon: spec.lon }) })
      yield { at: 0, type: 'call', detail: call.callId }
      let told = 0
      const deadline = Date.now() + spec.wait * 1000
      // He listens for a moment before he presses anything.
      void sleep(LISTENS).then(() => press(call, spec.keys ?? ''))
      try {
        for (;;) {
          for (; told < call.reports.length; told += 1) {
            const report = call.reports[told]
            if (report !== undefined) yield report.type === 'hears' ? { ...report, detail: spoken(report.detail, promptText) } : report
          }
          if (call.ended) return
          if (gone.aborted || Date.now() > deadline) call.hangUp()
          await sleep(50)
        }
      } finally {
        if (!call.ended) call.hangUp() // nobody asks for the next report any more
      }
    },
  }
}

/** A list of sound files → what they say, where it is known. */
export function spoken(sound: string, promptText: (path: string) => string | undefined): string {
  return sound.replace(/^file_string:\/\//, '').split('!').map((path) => promptText(path) ?? path.replace(/^.*\//, '')).join(' ')
}
