import { App as AntApp, Button, Input } from 'antd'
import { useState, type ReactNode } from 'react'
import type { Conflict, ConflictSide, LineView } from '../../../contracts/county.js'
import { textOfError } from '../../api/error-text.js'
import { call } from '../../api/endpoints.js'
import { stampOf, whenOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { goTo } from '../../shell/route.js'
import { unitName, useDesk } from '../../store/desk.js'
import { useLive } from '../../store/use-live.js'
import { noteText } from '../../ticket/value-text.js'
import { Dialog } from '../../widgets/dialog.js'

interface Found { readonly lines: readonly LineView[]; readonly conflicts: readonly Conflict[] }
const read = async (signal: AbortSignal): Promise<Found> => {
  const [{ lines }, { conflicts }] = await Promise.all([call('lines', {}, { signal }), call('conflicts', { query: { limit: 50, offset: 0 } }, { signal })])
  return { lines, conflicts }
}

/** How the lines to the counties stand, and what was done on both sides of a cut one. Nothing where there are no counties. */
export function Counties() {
  const text = useText()
  const words = text.counties
  const language = useLanguage()
  const { book, self } = useDesk()
  const { message } = AntApp.useApp()
  const { value: found, again } = useLive('counties', read)
  const [open, setOpen] = useState<string | null>(null)
  const [note, setNote] = useState('')
  const lines = found?.lines ?? []
  if (lines.length === 0) return null
  const conflicts = found?.conflicts ?? []
  const shown = conflicts.find(({ id }) => id === open)
  const leads = self.role === 'supervisor' || self.role === 'admin'
  const close = (): void => { setOpen(null); setNote('') }
  const decide = (side: ConflictSide): void => {
    if (shown === undefined) return
    call('decide', { params: { id: shown.id }, body: { side, note: note.trim() } }).then(() => { void message.success(words.decided); close(); again() }, (error: unknown) => { void message.error(textOfError(error, language, text)) })
  }
  const now = Date.now()
  return (
    <>
      <header className="ld-panel-head"><h2>{words.title}</h2></header>
      <div className="ld-panel-body ld-counties">
        {lines.map((line) => (
          <div key={line.name} className="ld-county" data-line={line.name} data-up={line.up}>
            <span className={`ld-chip ${line.up ? 'is-ready' : 'is-alarm'}`}>{line.up ? words.up : words.down}</span>
            <span className="ld-cut">{line.units.map((unitId) => unitName(book, unitId, language)).join('、')}</span>
            {!line.up && <span className="ld-faint">{line.heardAt === null ? words.never : words.since(whenOf(line.heardAt, now, text))}</span>}
            {line.waiting > 0 && <span className="ld-faint">{words.waiting(line.waiting)}</span>}
            {line.skewed && <span className="ld-chip is-ring">{words.skewed(Math.round(line.skew / 1000))}</span>}
            {line.trouble !== '' && <span className="ld-chip is-alarm">{words.trouble}</span>}
          </div>
        ))}
        {conflicts.map((one) => (
          <button key={one.id} type="button" className="ld-county-conflict" data-conflict={one.ticketId} onClick={() => { setOpen(one.id); setNote('') }}>
            <span className="ld-chip is-alarm">{words.conflict}</span><span className="ld-mono">{one.number}</span><span className="ld-cut">{unitsOf(one).map((unitId) => unitName(book, unitId, language)).join('、')}</span>
          </button>
        ))}
      </div>
      <Dialog open={shown !== undefined} title={shown === undefined ? '' : `${words.conflict} · ${shown.number}`} onCancel={close} width={760} destroyOnHidden footer={leads ? [
        <Button key="city" disabled={note.trim() === ''} onClick={() => decide('city')} data-side="city">{words.takeCity}</Button>,
        <Button key="county" disabled={note.trim() === ''} onClick={() => decide('county')} data-side="county">{words.takeCounty}</Button>,
      ] : null}>
        {shown !== undefined && (
          <div className="ld-conflict">
            <p className="ld-faint">{words.hint} <Button type="link" size="small" onClick={() => goTo('tickets', shown.ticketId)}>{words.openTicket}</Button></p>
            <div className="ld-conflict-sides">
              <Side title={words.city} rows={shown.city.map(({ act, by, at, note: said }) => ({ act, by: by ?? text.ticket.system, at, note: noteText({ act, note: said }, book, language, text), why: '' }))} />
              <Side title={`${words.county} · ${unitsOf(shown).map((unitId) => unitName(book, unitId, language)).join('、')}`} rows={shown.acts.map(({ act, by, unitId, at, why }) => ({ act: act.act, by: [...(unitsOf(shown).length > 1 ? [unitName(book, unitId, language)] : []), by, ...('paper' in act ? [words.paper(act.paper.by)] : [])].join(' '), at, note: 'note' in act ? act.note : '', why: language === 'en' ? why.en : why.zh }))} />
            </div>
            {leads ? <Input.TextArea value={note} maxLength={1000} rows={2} placeholder={words.note} aria-label={words.note} onChange={({ target }) => setNote(target.value)} /> : <p className="ld-faint">{words.notYours}</p>}
          </div>
        )}
      </Dialog>
    </>
  )
}

/** The units of the county that did something in it. */
const unitsOf = ({ unitId, acts }: Conflict): readonly string[] => [...new Set([unitId, ...acts.map((one) => one.unitId)])]

/** What one side did, in order; a reason that several share stands below the last of them. */
function Side({ title, rows }: { readonly title: string; readonly rows: readonly { readonly act: string; readonly by: string; readonly at: number; readonly note: string; readonly why: string }[] }): ReactNode {
  const text = useText()
  const now = Date.now()
  return (
    <section>
      <h3>{title}</h3>
      <ol>{rows.map(({ act, by, at, note: said, why }, n) => <li key={n}><strong>{text.ticket.acts[act] ?? act}</strong> <span className="ld-soft">{by}</span> <time className="ld-faint">{stampOf(at, now, text)}</time>{said !== '' && <blockquote>{said}</blockquote>}{why !== '' && why !== rows[n + 1]?.why && <p className="ld-faint">{why}</p>}</li>)}</ol>
    </section>
  )
}
