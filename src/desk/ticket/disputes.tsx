import { Button } from 'antd'
import { useState } from 'react'
import { actsFor } from '../../contracts/life-cycle.js'
import type { Ticket } from '../../contracts/ticket.js'
import type { Dispute } from '../../contracts/work.js'
import { whenOf } from '../i18n/format.js'
import { useLanguage, useText } from '../i18n/language.js'
import { unitName, useDesk, useDeskState } from '../store/desk.js'
import type { Order } from './act-parts.js'
import { citedText } from './cited.js'
import { HallActForm } from './hall-act-form.js'
import { useAct } from './use-sending.js'

/** What is done when a unit is right: who leads gives it to whom it means; who assists is let go, and whom it means helps in its place, unless that one is on it. Null: it means nobody else. */
export function upheld(ticket: Ticket, { unitId, duty, to }: Dispute, note: (duty: string) => string): Extract<Order, { act: 'reassign' | 'assist' }> | null {
  const base = { baseVersion: ticket.version, note: note(duty) }
  if (ticket.unitId === unitId) return to === undefined ? null : { ...base, act: 'reassign', unitId: to }
  const { assist } = ticket.work
  return { ...base, act: 'assist', assist: [...assist.filter((one) => one !== unitId && one !== to), ...(to === undefined || to === ticket.unitId ? [] : [to])] }
}

/** Units that say that it is not theirs, each with whom it means, and both answers: it gets it, or the dispute is not accepted, and why. */
export function Disputes({ ticket }: { readonly ticket: Ticket }) {
  const text = useText()
  const words = text.hall.dispute
  const language = useLanguage()
  const { book, self } = useDesk()
  const act = useAct()
  const [rejected, setRejected] = useState<Dispute | null>(null)
  const [sending, setSending] = useState(false)
  const now = Date.now() + useDeskState((state) => state.skew)
  const nameOf = (id: string): string => unitName(book, id, language)
  const legal = new Set<string>(actsFor(ticket.state, self.role))
  const give = (order: Order): void => {
    setSending(true)
    void act(ticket.id, order).finally(() => setSending(false))
  }
  return (
    <ul className="ld-disputes">
      {ticket.work.disputes.map((one) => {
        const order = upheld(ticket, one, words.upheld)
        const taken = one.to === undefined || one.to === ticket.unitId ? null : nameOf(one.to)
        return (
          <li key={`${one.unitId} ${one.at}`}>
            <span>{[nameOf(one.unitId), citedText(one, nameOf), whenOf(one.at, now, text), one.note].filter(Boolean).join(' · ')}</span>
            {order !== null && legal.has(order.act) && <Button size="small" loading={sending} onClick={({ detail }) => { if (detail < 2) give(order) }} data-upheld>{order.act === 'reassign' ? words.give(taken ?? '') : taken === null ? words.standDown : words.helps(taken)}</Button>}
            {legal.has('answer-dispute') && <Button size="small" onClick={() => setRejected(one)} data-act="answer-dispute">{text.ticket.acts['answer-dispute']}</Button>}
          </li>
        )
      })}
      {rejected !== null && <HallActForm key={`${ticket.id} ${rejected.at}`} ticket={ticket} form="answer-dispute" dispute={rejected} onClose={() => setRejected(null)} />}
    </ul>
  )
}
