import { ArrowLeftOutlined, EllipsisOutlined, PrinterOutlined } from '@ant-design/icons'
import { Button, Dropdown } from 'antd'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { actsFor } from '../../../contracts/life-cycle.js'
import { dayStampOf, whenOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { matterOf, unitName, useDesk, useDeskState, useOutbox } from '../../store/desk.js'
import { HistoryList } from '../../ticket/history-list.js'
import { citedText } from '../../ticket/cited.js'
import { CallerNumber } from '../../ticket/caller-number.js'
import { leftOf } from '../../ticket/left.js'
import { SaveLight } from '../../ticket/save-light.js'
import { extensionOf } from '../../ticket/standing.js'
import { WorkChips } from '../../ticket/work-chips.js'
import { useAct } from '../../ticket/use-sending.js'
import { useTicket } from '../../ticket/use-ticket.js'
import { useWide } from '../../widgets/use-wide.js'
import { ActForm, FORMS, signOrder, type FormName } from './act-form.js'
import { Clocks } from './clock-line.js'
import { focusList } from './unit-list.js'
import { Followers } from '../../ticket/incident.js'
import { PhotoStrip } from '../../ticket/photo-strip.js'
import { Fact, WorkFacts } from '../../ticket/work-facts.js'

/** What only the leading unit does. */
const LEADS: ReadonlySet<string> = new Set(['report', 'return', 'ask-extension', 'refer'])
/** What is done to every ticket: at hand on a telephone, too, where the rest is in a menu. */
const EVERYDAY: ReadonlySet<string> = new Set(['progress', 'report'])

/** One ticket at a unit: how long there is, what it is about, what to do. */
export function UnitTicket({ id, onBack, onActed }: { readonly id: string; readonly onBack: () => void; /** Something was done to it here. */ readonly onActed: (ticketId: string) => void }) {
  const text = useText()
  const words = text.unit
  const language = useLanguage()
  const { book, self } = useDesk()
  const act = useAct()
  const wide = useWide('unit')
  const { ticket, missing } = useTicket(id)
  const skew = useDeskState((state) => state.skew)
  const box = useOutbox(id)
  const [form, setForm] = useState<FormName | null>(null)
  const acted = useRef(false)
  // When the dialog is gone from the page and holds the focus no more.
  useEffect(() => {
    if (form !== null || !acted.current) return
    acted.current = false
    focusList()
  }, [form])

  const back = <Button type="text" className="ld-unit-back" icon={<ArrowLeftOutlined />} onClick={onBack} aria-label={words.back} />
  if (ticket === null) return <section className="ld-panel ld-unit-ticket"><header className="ld-panel-head">{back}</header><p className="ld-empty" role={missing ? 'alert' : 'status'}>{missing ? text.ticket.gone : text.loading}</p></section>
  // Nothing of it is asked for any more: for this unit it does not exist.
  const left = leftOf(ticket, self.unitId, missing)
  if (left !== null) return <section className="ld-panel ld-unit-ticket" aria-label={`${text.ticket.one} ${ticket.number}`}><header className="ld-ticket-head">{back}<span className="ld-ticket-number ld-mono" data-ticket-number>{ticket.number}</span></header><p className="ld-empty" role="status" data-left={left}>{words.gone[left]}</p></section>

  const { work, fields } = ticket
  const now = Date.now() + skew
  const lead = ticket.unitId === self.unitId
  const legal = actsFor(ticket.state, 'unit').filter((act) => lead || !LEADS.has(act))
  const maySign = legal.includes('sign') && (lead ? work.signedAt === null && ticket.state === 'dispatched' : ticket.state === 'dispatched')
  const forms = FORMS.filter((one) => legal.includes(one))
  const main: FormName | null = maySign ? null : ticket.state === 'in-progress' && lead ? 'report' : 'progress'
  const busy = (box?.acts.length ?? 0) > 0
  const sign = (): void => {
    void act(ticket.id, signOrder(ticket)).then((done) => {
      if (!done) return
      onActed(ticket.id)
      focusList()
    })
  }
  const buttons: readonly { readonly name: string; readonly words: string; readonly main: boolean; readonly to: FormName }[] = [
    ...(maySign ? [{ name: 'sign-paper', words: words.paper.sign, main: false, to: 'sign' as const }] : []),
    ...forms.map((one) => ({ name: one, words: text.ticket.acts[one] ?? one, main: one === main, to: one })),
  ]
  const rare = buttons.filter(({ name, main: first }) => !first && (maySign || !EVERYDAY.has(name)))
  const folded = wide || rare.length < 2 ? [] : rare
  const when = (at: number | null): ReactNode => (at === null ? '—' : whenOf(at, now, text))

  return (
    <section className="ld-panel ld-unit-ticket" aria-label={`${text.ticket.one} ${ticket.number}`}>
      <header className="ld-ticket-head">
        {back}
        <span className="ld-ticket-number ld-mono" data-ticket-number>{ticket.number}</span>
        <span className={`ld-chip is-${{ 'open': 'ring', 'dispatched': 'ring', 'closed': 'ready', 'void': 'ready' }[ticket.state as string] ?? 'talk'}`} data-ticket-state={ticket.state}>{text.ticket.states[ticket.state]}</span>
        <span className="ld-unit-save"><SaveLight ticketId={ticket.id} /></span>
        <Button type="text" className="ld-no-print" icon={<PrinterOutlined />} onClick={() => window.print()}><span className="ld-wide-only">{words.print}</span></Button>
      </header>
      <div className="ld-unit-body">
        <div className="ld-print-only ld-print-head"><strong>{text.product} 110 · {unitName(book, self.unitId ?? null, language)}</strong><span>{words.printed} {dayStampOf(now)}</span></div>
        <div className="ld-unit-chips">
          <span className="ld-chip">{lead ? words.lead : words.assists}</span>
          <WorkChips ticket={ticket} now={now} />
          {work.privacy !== 'open' && <span className="ld-chip is-ring" data-privacy={work.privacy}>{text.privacy.names[work.privacy]}</span>}
          {fields.callBack && <span className="ld-chip">{words.callAgain}</span>}
        </div>
        <Clocks clocks={work.clocks} unitId={self.unitId} />
        <h3 className="ld-unit-what">{matterOf(book, fields, language, text)} · {fields.place || '—'}</h3>
        <p className="ld-unit-words">{fields.description || '—'}</p>
        <dl className="ld-unit-facts">
          <Fact is="caller" name={words.facts.caller}><CallerNumber key={ticket.id} ticket={ticket} /></Fact>
          <Fact is="opened" name={words.facts.opened}>{when(ticket.openedAt)}</Fact>
          <WorkFacts ticket={ticket} now={now} />
          {work.assist.length > 0 && <Fact is="units" name={words.facts.units}>{[...(ticket.unitId === null ? [] : [ticket.unitId]), ...work.assist].map((unitId) => unitName(book, unitId, language)).join('、')}</Fact>}
          {work.extension !== null && <Fact is="extension" name={words.facts.extension}>{words.extension[extensionOf(ticket, work.extension)]} · {when(work.extension.until)}</Fact>}
          {work.report !== null && <Fact is="said" name={words.facts.said}>{work.report.note}</Fact>}
          {work.disputes.length > 0 && <Fact is="disputes" name={words.facts.disputes}>{work.disputes.map(({ unitId, duty, to, note }) => `${unitName(book, unitId, language)} ${citedText({ duty, to }, (id) => unitName(book, id, language))} ${note}`).join('；')}</Fact>}
        </dl>
        {work.members > 0 && <div className="ld-unit-members"><Followers key={ticket.id} ticket={ticket} /></div>}
        <h3>{words.photos}</h3>
        <PhotoStrip ticketId={ticket.id} version={ticket.version} />
        <h3>{words.history}</h3>
        <HistoryList ticket={ticket} />
        <footer className="ld-print-only"><span>{words.printed} {dayStampOf(now)} · {self.displayName}</span><span>{words.signature} ______________</span></footer>
      </div>
      {(maySign || forms.length > 0) && (
        <div className="ld-unit-acts" role="group">
          {maySign && <Button type="primary" size="large" loading={busy} onClick={sign} data-act="sign">{text.ticket.acts['sign']}</Button>}
          {buttons.filter((one) => !folded.includes(one)).map(({ name, words: said, main: first, to }) => <Button key={name} size="large" type={first ? 'primary' : 'default'} danger={name === 'return'} onClick={() => setForm(to)} data-act={name}>{said}</Button>)}
          {folded.length > 0 && (
            <Dropdown trigger={['click']} placement="topRight" menu={{ items: folded.map(({ name, words: said }) => ({ key: name, label: <span data-act={name}>{said}</span>, danger: name === 'return' })), onClick: ({ key }) => { const picked = folded.find(({ name }) => name === key); if (picked !== undefined) setForm(picked.to) } }}>
              <Button size="large" icon={<EllipsisOutlined />} data-act="more">{words.moreActs}</Button>
            </Dropdown>
          )}
        </div>
      )}
      {form !== null && <ActForm key={`${ticket.id} ${form}`} ticket={ticket} form={form} onClose={() => setForm(null)} onDone={() => { acted.current = true; onActed(ticket.id) }} />}
    </section>
  )
}
