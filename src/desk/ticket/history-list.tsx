import { Button } from 'antd'
import { Fragment, useEffect, useState } from 'react'
import type { HistoryRow, Ticket } from '../../contracts/ticket.js'
import { ApiError, call } from '../api/endpoints.js'
import { stampOf } from '../i18n/format.js'
import { useLanguage, useText } from '../i18n/language.js'
import { useDesk, useDeskState } from '../store/desk.js'
import { useThrottled } from '../store/use-throttled.js'
import { doerOf, foldTyping, laterOf, shownChanges } from './history-rows.js'
import { fieldName, noteText, valueText } from './value-text.js'

/** Tries again by itself while the database is away, ms. */
const AGAIN = 4_000
/** Somebody who types is saved many times a minute, ms. */
const REST = 1_500

/** What happened to a ticket, newest first: who, when, from what to what; what was typed in one go is one row. Read anew whenever its version grows. */
export function HistoryList({ ticket }: { readonly ticket: Ticket }) {
  const text = useText()
  const language = useLanguage()
  const { book } = useDesk()
  const [rows, setRows] = useState<readonly HistoryRow[] | null>(null)
  const [failed, setFailed] = useState(false)
  const [turn, setTurn] = useState(0)
  const welcomes = useDeskState((state) => state.welcomes)
  const version = useThrottled(ticket.version, REST)

  useEffect(() => {
    const abort = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    call('history', { params: { id: ticket.id } }, { signal: abort.signal }).then(
      ({ history }) => {
        setRows([...foldTyping(history)].reverse())
        setFailed(false)
      },
      (error: unknown) => {
        if (abort.signal.aborted) return
        setFailed(true)
        // What is not his to see does not become so by asking.
        if (!(error instanceof ApiError) || error.passing) timer = setTimeout(() => setTurn((count) => count + 1), AGAIN)
      },
    )
    return () => {
      abort.abort()
      clearTimeout(timer)
    }
  }, [ticket.id, version, turn, welcomes])

  if (rows === null) return <p className="ld-empty">{failed ? text.list.failed : text.loading}{failed && <Button type="link" size="small" onClick={() => setTurn((count) => count + 1)}>{text.retry}</Button>}</p>
  if (rows.length === 0) return <p className="ld-empty">{text.ticket.historyEmpty}</p>
  const now = Date.now()
  return (
    <>
    {failed && <p className="ld-faint">{text.list.failed}</p>}
    <ol className="ld-history">
      {rows.map((row, index) => {
        const doer = doerOf(row)
        const later = laterOf(row, rows[index + 1])
        return (
        <li key={row.actId}>
          <div className="ld-history-head">
            <strong>{text.ticket.acts[row.act] ?? row.act}</strong>
            <span className="ld-soft ld-cut">{doer === null ? text.ticket.system : doer.hall ? text.ticket.atCity(doer.name) : doer.name}</span>
            <time dateTime={new Date(row.at).toISOString()}>{stampOf(row.at, now, text)}</time>
            {row.recordedAt !== undefined && later !== null && <span className="ld-faint" data-recorded={later}>{(later === 'paper' ? text.ticket.recorded : text.ticket.brought)(stampOf(row.recordedAt, now, text))}</span>}
          </div>
          <dl>
            {shownChanges(row).map(([field, [before, after]]) => (
              <Fragment key={field}>
                <dt>{fieldName(field, text)}</dt>
                <dd><Change before={valueText(field, before, book, language, text, row.names)} after={valueText(field, after, book, language, text, row.names)} blank={text.ticket.empty} /></dd>
              </Fragment>
            ))}
          </dl>
          {row.note !== '' && <blockquote>{noteText(row, book, language, text)}</blockquote>}
        </li>
        )
      })}
    </ol>
    </>
  )
}

const Change = ({ before, after, blank }: { readonly before: string; readonly after: string; readonly blank: string }) =>
  (before === blank ? <>{after}</> : <><del>{before}</del> → {after}</>)
