import { ReloadOutlined } from '@ant-design/icons'
import { Button, Checkbox, Input, Pagination, Segmented, Tooltip } from 'antd'
import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import type { StateClass } from '../../../contracts/life-cycle.js'
import type { TicketList as Found } from '../../../contracts/ticket.js'
import { call } from '../../api/endpoints.js'
import { useText } from '../../i18n/language.js'
import { isTyping } from '../../shell/shortcuts.js'
import { useDesk, useDeskState } from '../../store/desk.js'
import { useThrottled } from '../../store/use-throttled.js'
import { SummaryRow } from '../../widgets/summary-row.js'

const PAGE = 50
/** Between the last key and the search, ms. */
const REST = 350
/** A hall full of changes is one read in so many ms. */
const CHANGES = 3_000
const AGAIN = 4_000

type Scope = 'mine' | 'all'
type StateFilter = StateClass | 'all'
interface Filter { readonly scope: Scope; readonly state: StateFilter; readonly callBack: boolean; readonly attention: boolean; readonly words: string; readonly page: number }

/** Mine or all, by state, by words, those to call back, those that need a look. Arrow keys walk through it. */
export function TicketList({ here, onOpen }: { readonly here: string | null; readonly onOpen: (ticketId: string) => void }) {
  const text = useText()
  const { self } = useDesk()
  const changes = useThrottled(useDeskState((state) => state.changed?.count ?? 0), CHANGES)
  const welcomes = useDeskState((state) => state.welcomes)
  const [filter, setFilter] = useState<Filter>({ scope: self.role === 'operator' ? 'mine' : 'all', state: 'all', callBack: false, attention: false, words: '', page: 1 })
  const [found, setFound] = useState<Found | null>(null)
  const [failed, setFailed] = useState(false)
  const [turn, setTurn] = useState(0)
  const rows = useRef<HTMLDivElement>(null)
  const change = (changed: Partial<Filter>): void => setFilter((before) => ({ ...before, page: 1, ...changed }))

  useEffect(() => {
    const abort = new AbortController()
    let timer = setTimeout(() => {
      const { scope, state, callBack, attention, words, page } = filter
      call('tickets', {
        query: {
          ...(scope === 'mine' ? { mine: true } : {}), ...(state === 'all' ? {} : { class: state }), ...(callBack ? { callBack } : {}), ...(attention ? { attention } : {}), ...(words.trim() === '' ? {} : { text: words.trim() }),
          limit: PAGE, offset: (page - 1) * PAGE,
        },
      }, { signal: abort.signal }).then(
        (answer) => {
          setFound(answer)
          setFailed(false)
        },
        () => {
          if (abort.signal.aborted) return
          setFailed(true)
          timer = setTimeout(() => setTurn((count) => count + 1), AGAIN)
        },
      )
    }, REST)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [filter, changes, turn, welcomes])

  // By keyboard he goes on from the ticket that is open, or from the first: somebody who types is left alone.
  const ready = found !== null
  useEffect(() => {
    if (!ready || isTyping(document.activeElement)) return
    const list = rows.current
    ;(list?.querySelector<HTMLElement>('.ld-row.is-here') ?? list?.querySelector<HTMLElement>('.ld-row'))?.focus({ preventScroll: true })
  }, [ready])

  const walk = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (by === 0) return
    const all = [...rows.current?.querySelectorAll<HTMLElement>('.ld-row') ?? []]
    const next = all[all.indexOf(document.activeElement as HTMLElement) + by]
    if (next === undefined) return
    event.preventDefault()
    next.focus()
  }

  return (
    <section className="ld-panel ld-ticket-list" aria-label={text.nav.tickets}>
      <div className="ld-tickets-filters">
        <Input.Search
          allowClear value={filter.words} maxLength={100} placeholder={text.list.search} aria-label={text.list.search}
          onChange={({ target }) => change({ words: target.value })} onSearch={() => setTurn((count) => count + 1)}
        />
        {self.role !== 'unit' && (
          <Segmented<Scope> className="ld-scope" value={filter.scope} options={[{ value: 'mine', label: text.list.scopeMine }, { value: 'all', label: text.list.scopeAll }]} onChange={(scope) => change({ scope })} />
        )}
        <Checkbox checked={filter.callBack} onChange={({ target }) => change({ callBack: target.checked })}>{text.list.callBack}</Checkbox>
        <Checkbox checked={filter.attention} onChange={({ target }) => change({ attention: target.checked })}>{text.list.attention}</Checkbox>
        <Segmented<StateFilter>
          value={filter.state} onChange={(state) => change({ state })}
          options={[{ value: 'all', label: text.list.all }, ...([['open', 'open'], ['waiting', 'dispatched'], ['closed', 'closed']] as const).map(([value, state]) => ({ value, label: text.ticket.states[state] }))]}
        />
      </div>
      <div className="ld-tickets-rows" ref={rows} onKeyDown={walk}>
        {failed && <p className={found === null ? 'ld-empty' : 'ld-stale'} role="status">{text.list.failed}</p>}
        {!failed && found === null && <p className="ld-empty">{text.loading}</p>}
        {found?.tickets.length === 0 && <p className="ld-empty">{text.list.empty}</p>}
        {found?.tickets.map((ticket) => <SummaryRow key={ticket.id} ticket={ticket} here={ticket.id === here} onOpen={onOpen} />)}
      </div>
      <footer className="ld-tickets-foot">
        <span>{found !== null && text.list.total(found.total)}</span>
        <Tooltip title={text.list.refresh}><Button type="text" size="small" aria-label={text.list.refresh} icon={<ReloadOutlined />} onClick={() => setTurn((count) => count + 1)} /></Tooltip>
        {(found?.total ?? 0) > PAGE && <Pagination size="small" simple current={filter.page} pageSize={PAGE} total={found?.total ?? 0} showSizeChanger={false} onChange={(page) => change({ page })} />}
      </footer>
    </section>
  )
}
