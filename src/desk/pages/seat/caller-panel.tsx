import { SafetyCertificateOutlined, WarningOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import type { CallCard, Hint } from '../../../contracts/call.js'
import { classOf } from '../../../contracts/life-cycle.js'
import type { Ticket } from '../../../contracts/ticket.js'
import { tagText } from '../../i18n/flow-tag.js'
import { clockOf, numberOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { categoryName, useDesk } from '../../store/desk.js'

/** Number, whether it can be believed, and whose it is. */
export function CallerIdentity({ call }: { readonly call: CallCard }) {
  const text = useText()
  const { caller, context } = call
  const name = context.knownName ?? caller.name
  return (
    <div className="ld-caller-id">
      <span className="ld-caller-number">{numberOf(caller.number) || text.call.withheld}</span>
      {name !== '' && <span className="ld-caller-name">{name}</span>}
      {caller.number !== '' && (
        <span className={`ld-chip ${caller.verified ? 'is-ready' : 'is-ring'}`}>{caller.verified ? <SafetyCertificateOutlined /> : <WarningOutlined />}{caller.verified ? text.call.verified : text.call.unverified}</span>
      )}
      {caller.number !== '' && context.complete && <span className="ld-chip">{context.earlierCalls.length === 0 ? text.call.firstTime : text.call.times(context.earlierCalls.length)}</span>}
    </div>
  )
}

/** Deaf, foreign language, nuisance, notes. They warn and never block. */
export function Hints({ hints }: { readonly hints: readonly Hint[] }) {
  const text = useText()
  return hints.map((hint) => (
    <div key={`${hint.kind} ${hint.text}`} className={`ld-hint is-${hint.kind}`} role="note">
      <strong>{text.hints[hint.kind]}</strong>
      <span>{hint.text}{hint.score !== undefined && <small> · {text.hintScore(hint.score)}</small>}{hint.kind === 'nuisance' && <small> · {text.hintWarns}</small>}</span>
    </div>
  ))
}

/** What the caller's keys said it is about. */
export function About({ call }: { readonly call: CallCard }) {
  const text = useText()
  const language = useLanguage()
  const { book } = useDesk()
  const name = categoryName(book, call.category, language)
  const emergency = call.class === 'emergency'
  return (
    <div className="ld-about">
      <span className={`ld-about-main${name === '' ? ' is-none' : ''}${emergency ? ' is-emergency' : ''}`}>{name === '' ? text.call.noTag : name}</span>
      {emergency && <span className="ld-chip is-alarm">{text.queue.waitingEmergency}</span>}
      {call.tags.filter(({ key }) => key !== 'category').map(({ key, value }) => <span key={key} className="ld-chip">{tagText({ key, value }, (code) => categoryName(book, code, language), text, true)}</span>)}
    </div>
  )
}

/** What his keys chose, in order; where he went in the flow is for those who write it, on the pointer. */
export function FlowPath({ call }: { readonly call: CallCard }) {
  const text = useText()
  const language = useLanguage()
  const { book } = useDesk()
  const way = [call.flow === undefined ? '' : `${call.flow.name} ${call.flow.version}`, call.path.join(' › ')].filter((part) => part !== '').join('\n')
  if (call.tags.length === 0) return <span className="ld-faint" title={way}>{text.call.noKeys}</span>
  return (
    <div className="ld-path" title={way}>
      {call.tags.map(({ key, value, at }, index) => (
        <span key={`${at} ${key}`}>
          {index > 0 && <i>› </i>}
          {tagText({ key, value }, (code) => categoryName(book, code, language), text)}
        </span>
      ))}
    </div>
  )
}

/** Addresses, language, times, keys. `ticket`: where the place can be put. `full`: while it rings, when there is no form to make room for. */
export function Facts({ call, ticket, now, full = false }: { readonly call: CallCard; readonly ticket: Ticket | null; readonly now: number; readonly full?: boolean }) {
  const text = useText()
  const { keeper } = useDesk()
  const { context, location, locationText } = call
  const waited = call.answeredAt === undefined ? Math.max(call.waitedSeconds, (now - call.queuedAt) / 1000) : call.waitedSeconds
  const open = ticket !== null && classOf(ticket.state) !== 'closed'
  const use = (place: string, point: CallCard['location']): void => {
    if (ticket === null) return
    keeper.type(ticket.id, { place, point: point === undefined ? null : { lat: point.lat, lon: point.lon } }, ticket.version)
    keeper.flush(ticket.id)
  }
  return (
    <dl className="ld-facts">
      <dt>{text.call.location}</dt>
      <dd>
        {location === undefined && locationText === undefined && <span className="ld-faint">{text.call.noLocation}</span>}
        {locationText ?? (location === undefined ? '' : `${location.lat.toFixed(5)}, ${location.lon.toFixed(5)}`)}
        {location?.uncertaintyMetres !== undefined && <span className="ld-faint"> {text.call.uncertainty(Math.round(location.uncertaintyMetres))}</span>}
        {open && locationText !== undefined && ticket.fields.place !== locationText && <Button type="link" size="small" onClick={() => use(locationText, location)}>{text.call.copyPlace}</Button>}
      </dd>
      {context.knownAddress !== undefined && context.knownAddress !== '' && (
        <>
          <dt>{text.call.knownAddress}</dt>
          <dd>
            {context.knownAddress}
            {open && ticket.fields.place !== context.knownAddress && <Button type="link" size="small" onClick={() => use(context.knownAddress ?? '', undefined)}>{text.call.copyPlace}</Button>}
          </dd>
        </>
      )}
      {call.caller.name !== '' && context.knownName !== undefined && call.caller.name !== context.knownName && <><dt>{text.call.nameGiven}</dt><dd>{call.caller.name}</dd></>}
      <dt>{text.call.speaks}</dt>
      <dd>{text.call.languages[call.language]}</dd>
      {!full && <dt>{text.call.waited}</dt>}
      {!full && <dd className="ld-mono">{clockOf(waited)}{call.answeredAt !== undefined && call.endedAt !== undefined && <span className="ld-soft"> · {text.call.talked} {clockOf((call.endedAt - call.answeredAt) / 1000)}</span>}</dd>}
      <dt>{text.call.path}</dt>
      <dd><FlowPath call={call} /></dd>
      {full && (
        <>
          <dt>{text.call.dialled}</dt>
          <dd>{call.calledNumber}</dd>
          {location !== undefined && locationText !== undefined && <><dt>{text.ticket.fields.point}</dt><dd className="ld-mono">{location.lat.toFixed(5)}, {location.lon.toFixed(5)}</dd></>}
        </>
      )}
    </dl>
  )
}
