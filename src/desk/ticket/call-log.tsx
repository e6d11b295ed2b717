import { useEffect, useState } from 'react'
import type { CallLogRow, PhoneBookLine } from '../../contracts/routes/talk.js'
import { call } from '../api/endpoints.js'
import { timeOf } from '../i18n/format.js'
import { useLanguage, useText } from '../i18n/language.js'
import { useDesk, useDeskState } from '../store/desk.js'

/** By then the server has kept what it told, while its database is well; ms. */
const WRITTEN = 1_500

/** Who was in the call of a ticket and when: append-only, as the server kept it. */
export function CallLog({ callId }: { readonly callId: string }) {
  const text = useText()
  const language = useLanguage()
  const { self } = useDesk()
  const [rows, setRows] = useState<readonly CallLogRow[]>([])
  const [lines, setLines] = useState<readonly PhoneBookLine[]>([])
  const presence = useDeskState((state) => state.me?.presence)
  const parties = useDeskState((state) => (state.call?.callId === callId ? `${state.call.parties.length}${String(state.call.onHold)}${String(state.call.muted)}` : ''))
  const unit = self.role === 'unit'
  useEffect(() => {
    if (unit) return
    const abort = new AbortController()
    const look = (): void => { call('callLog', { params: { id: callId } }, { signal: abort.signal }).then(({ log }) => setRows(log), () => undefined) }
    look()
    // The screen hears of a change before the server has written it down.
    const again = setTimeout(look, WRITTEN)
    return () => { clearTimeout(again); abort.abort() }
  }, [callId, presence, parties, unit])
  const called = rows.some(({ line }) => line !== undefined)
  useEffect(() => {
    if (!called) return
    const abort = new AbortController()
    call('phoneBook', {}, { signal: abort.signal }).then((book) => setLines(book.lines), () => undefined)
    return () => abort.abort()
  }, [called])
  if (rows.length === 0) return null
  const lineName = (code: string): string => {
    const line = lines.find((one) => one.code === code)
    return line === undefined ? code : `${line.number} ${language === 'en' ? line.name.en : line.name.zh}`
  }
  // Whispering and barging in are a supervisor's; a third party is consulted. What a leg is was said when it rang.
  const supervises = new Set(rows.filter(({ act, detail }) => act === 'rung' && detail === 'supervisor').map(({ legId }) => legId))
  const how = ({ act, detail, legId }: CallLogRow): string => {
    if (act === 'key') return ` ${detail}`
    const modes = supervises.has(legId) ? text.talk.modes : text.talk.guestModes
    return (act === 'mode' || act === 'joined') && detail in modes ? ` ${modes[detail as keyof typeof modes]}` : ''
  }
  return (
    <section className="ld-call-log" aria-label={text.talk.log.title}>
      <h3>{text.talk.log.title}</h3>
      <ol>
        {rows.map((row) => (
          <li key={`${row.at} ${row.act} ${row.legId ?? ''} ${row.detail}`}>
            <time className="ld-mono" dateTime={new Date(row.at).toISOString()}>{timeOf(row.at)}</time>
            <strong className="ld-cut">{row.displayName ?? (row.line === undefined ? undefined : lineName(row.line)) ?? (row.act === 'hung-up' || row.act === 'key' ? text.talk.log.citizen : text.ticket.system)}</strong>
            <span>{text.talk.log.acts[row.act]}{how(row)}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}
