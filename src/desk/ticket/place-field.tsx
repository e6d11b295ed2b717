import { AimOutlined, CloseOutlined } from '@ant-design/icons'
import { Button, Tooltip } from 'antd'
import { useLayoutEffect, useState } from 'react'
import type { Ticket, TicketFields } from '../../contracts/ticket.js'
import { useText } from '../i18n/language.js'
import { keepFocus } from '../shell/keep-focus.js'
import { useDesk, useDeskState } from '../store/desk.js'
import { TextField } from './field.js'
import { PlaceList, usePlaceList } from './place-hints.js'
import { pointOfTyped, samePoint, type Anchor } from './place-point.js'

/** Whoever looks for a place by its initials has so long to choose it before they are taken for the place itself, ms. */
const CHOOSING = 10_000

/** Where it is: words, and the position that belongs to them. */
export function PlaceField({ ticket, fields, locked, onType, onChoose, onLeave }: {
  readonly ticket: Ticket
  readonly fields: TicketFields
  readonly locked: boolean
  readonly onType: (changes: Partial<TicketFields>) => void
  readonly onChoose: (changes: Partial<TicketFields>) => void
  readonly onLeave: () => void
}) {
  const text = useText()
  const { keeper } = useDesk()
  const own = useDeskState((state) => (state.call?.callId === ticket.id ? state.call.location ?? null : null))
  const [kept, setKept] = useState<(Anchor & { readonly ticketId: string }) | null>(null)
  const known = kept?.ticketId === ticket.id ? kept : null
  // A position that came from elsewhere belongs to the words beside which it is first seen.
  const anchor: Anchor | null = fields.point === null || samePoint(known?.point ?? null, fields.point) ? known : { point: fields.point, words: fields.place }
  const keep = (next: Anchor | null): void => setKept(next === null ? null : { point: next.point, words: next.words, ticketId: ticket.id })
  const left = fields.point === null && fields.place.trim() !== '' ? anchor : null

  const typed = (place: string): void => {
    keep(anchor)
    const point = pointOfTyped(place, anchor)
    onType({ place, ...(samePoint(point, fields.point) ? {} : { point }) })
  }
  const list = usePlaceList(fields.place, {
    enabled: !locked,
    point: fields.point,
    onPick(place, { name, lat, lon }) {
      keep({ point: { lat, lon }, words: name })
      onChoose({ place, point: { lat, lon } })
    },
    onKeep: onLeave,
  })
  // Before the timer of what was just typed: a history is no place for what somebody looked for.
  useLayoutEffect(() => { if (list.searching && !locked) keeper.hold(ticket.id, CHOOSING) }, [keeper, ticket.id, fields.place, list.searching, locked])
  return (
    <div className="ld-form-row is-place">
      <TextField
        label={text.ticket.fields.place} shortcut="place" value={fields.place} maxLength={256} placeholder={text.ticket.placeholder.place} disabled={locked}
        onType={typed} onLeave={() => { list.close(); onLeave() }} combobox={list.combobox}
      />
      <PlaceList list={list} />
      {fields.point !== null && (
        <span className="ld-check">
          <span className="ld-chip ld-mono" data-point><AimOutlined />{fields.point.lat.toFixed(5)}, {fields.point.lon.toFixed(5)}</span>
          {!locked && <Tooltip title={text.ticket.pointClear}><Button type="text" size="small" aria-label={text.ticket.pointClear} icon={<CloseOutlined />} onClick={() => { keep(null); onChoose({ point: null }) }} /></Tooltip>}
        </span>
      )}
      {left !== null && !locked && (
        <span className="ld-check" data-point-left>
          <span className="ld-faint ld-cut" title={left.words}>{left.words === '' || samePoint(own, left.point) ? text.ticket.pointOfCaller : text.ticket.pointOfOther(left.words)}</span>
          <Button type="link" size="small" onMouseDown={keepFocus} onClick={() => { keep({ point: left.point, words: fields.place }); onChoose({ point: left.point }) }}>{text.ticket.pointHere}</Button>
        </span>
      )}
    </div>
  )
}
