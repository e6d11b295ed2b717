import { useEffect, useState } from 'react'
import type { CallLogRow } from '../../contracts/routes/talk.js'
import { call } from '../api/endpoints.js'
import { timeOf } from '../i18n/format.js'
import { useText } from '../i18n/language.js'
import { useDesk, useDeskState } from '../store/desk.js'

/** Who was in the call of a ticket and when: append-only, as the server kept it. */
export function CallLog({ callId }: { readonly callId: string }) {
  const text = useText()
  const { self } = useDesk()
  const [rows, setRows] = useState<readonly CallLogRow[]>([])
  const presence = useDeskState((state) => state.me?.presence)
  const parties = useDeskState((state) => (state.call?.callId === callId ? `${state.call.parties.length}${String(state.call.onHold)}${String(state.call.muted)}` : ''))
  const unit = self.role === 'unit'
  useEffect(() => {
    if (unit) return
    const abort = new AbortController()
    call('callLog', { params: { id: callId } }, { signal: abort.signal }).then(({ log }) => setRows(log), () => undefined)
    return () => abort.abort()
  }, [callId, presence, parties, unit])
  if (rows.length === 0) return null
  return (
    <section className="ld-call-log" aria-label={text.talk.log.title}>
      <h3>{text.talk.log.title}</h3>
      <ol>
        {rows.map((row) => (
          <li key={`${row.at} ${row.act} ${row.legId ?? ''} ${row.detail}`}>
            <time className="ld-mono" dateTime={new Date(row.at).toISOString()}>{timeOf(row.at)}</time>
            <strong className="ld-cut">{row.displayName ?? row.line ?? (row.act === 'hung-up' ? text.talk.log.citizen : '')}</strong>
            <span>{text.talk.log.acts[row.act]}{row.act === 'key' ? ` ${row.detail}` : ''}{row.act === 'mode' || row.act === 'joined' ? ` ${row.detail in text.talk.modes ? text.talk.modes[row.detail as keyof typeof text.talk.modes] : ''}` : ''}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}
