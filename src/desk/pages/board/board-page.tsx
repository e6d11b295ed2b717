import { DownloadOutlined, FilterOutlined, LinkOutlined, ThunderboltOutlined } from '@ant-design/icons'
import { App as AntApp, Button, Checkbox, Input, Pagination, Popconfirm, Segmented } from 'antd'
import { useEffect, useMemo, useState } from 'react'
import type { BoardArea, BoardCell } from '../../../contracts/dispatch.js'
import { LIFE_CYCLE, TICKET_STATES } from '../../../contracts/life-cycle.js'
import type { TicketList } from '../../../contracts/ticket.js'
import { Alerts } from '../../alerts/alerts.js'
import { textOfError } from '../../api/error-text.js'
import { call } from '../../api/endpoints.js'
import { newId } from '../../api/ids.js'
import { midnightOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import type { Dictionary } from '../../i18n/zh-CN.js'
import { goTo } from '../../shell/route.js'
import { categoryName, unitName, useDesk, useDeskState } from '../../store/desk.js'
import { useThrottled } from '../../store/use-throttled.js'
import { Chooser } from '../../widgets/chooser.js'
import { DayInput } from '../../widgets/day-input.js'
import { useWide } from '../../widgets/use-wide.js'
import { BoardRow } from './board-row.js'
import { Counties } from './counties.js'
import { DeadLetters } from './dead-letters.js'
import { notRead, placesOf, queryOf, readFilter, writeFilter, type BoardFilter, type BoardPlace } from './filter.js'
import { leaveOut, readList, type Later } from './read-list.js'
import { refusals, urgeable } from './urging.js'
import { Views } from './views.js'

const PAGE = 50
/** A hall full of changes is one read in so many ms. */
const CHANGES = 2_000
const AGAIN = 4_000
const REST = 350
/** Units shown as worst, and on a low screen, where the districts and counties below them have to be seen, too. */
const WORST = 8
const WORST_LOW = 5
const UNCLOSED = TICKET_STATES.filter((state) => LIFE_CYCLE[state].class !== 'closed')

const sum = (cells: readonly BoardCell[], of: 'total' | 'late' | 'soon'): number => cells.reduce((all, cell) => all + cell[of], 0)

/** The dispatcher's board: how much is in hand and late, by state and unit; a list that a link narrows; urging many at once. Live. */
export default function BoardPage({ filter: given }: { readonly filter: string }) {
  const text = useText()
  const words = text.board
  const language = useLanguage()
  const { book, self } = useDesk()
  const { message } = AntApp.useApp()
  const filter = useMemo(() => readFilter(given), [given])
  const changes = useThrottled(useDeskState((state) => state.changed?.count ?? 0), CHANGES)
  const welcomes = useDeskState((state) => state.welcomes)
  const notices = useDeskState((state) => state.notices)
  const [cells, setCells] = useState<readonly BoardCell[]>([])
  const [areas, setAreas] = useState<readonly BoardArea[]>([])
  const [found, setFound] = useState<TicketList | null>(null)
  const [without, setWithout] = useState<readonly Later[]>([])
  const [failed, setFailed] = useState(false)
  const [turn, setTurn] = useState(0)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [note, setNote] = useState('')
  const [typed, setTyped] = useState(filter.text ?? '')
  const narrow = (more: { readonly [K in keyof BoardFilter]?: BoardFilter[K] | undefined }): void => {
    const next = Object.fromEntries(Object.entries({ ...filter, page: undefined, ...more }).filter(([, value]) => value !== undefined)) as BoardFilter
    setChosen(new Set())
    window.location.hash = `#/board/${writeFilter(next)}`
  }
  /** A count leads to what it counts, whatever the list was narrowed by before; pressed again, to all, or to what it was a part of. */
  const tile = (only: BoardFilter, of: BoardFilter = {}): { readonly here: boolean; readonly onClick: () => void } => {
    const sorted = filter.sort === undefined ? {} : { sort: filter.sort }
    const here = writeFilter({ ...filter, page: 1 }) === writeFilter({ ...only, ...sorted })
    return { here, onClick: () => narrow({ ...cleared(), ...sorted, ...(here ? of : only) }) }
  }
  /** Of a unit's two counts the one that is looked at: what is late, else what is in hand. */
  const counts: BoardFilter = filter.late === true ? { late: true } : { inHand: true }
  const query = queryOf(filter, midnightOf)
  const where = placesOf(filter)
  const tall = useWide('alerts')
  // On a telephone the tickets have the room, and the filters open above them.
  const wide = useWide('unit')
  const [unfolded, setUnfolded] = useState(false)
  const narrowed = Object.keys(filter).filter((name) => name !== 'text' && name !== 'page').length

  // A link that is followed, or a saved filter, brings its own words.
  useEffect(() => { setTyped(filter.text ?? '') }, [filter.text])
  useEffect(() => {
    if (typed.trim() === (filter.text ?? '')) return
    const timer = setTimeout(() => narrow({ text: typed.trim() || undefined }), REST)
    return () => clearTimeout(timer)
  })
  useEffect(() => {
    const abort = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    Promise.all([
      call('board', {}, { signal: abort.signal }),
      readList((asked: object) => call('tickets', { query: { ...asked, limit: PAGE, offset: ((filter.page ?? 1) - 1) * PAGE } }, { signal: abort.signal }), queryOf(filter, midnightOf)),
    ]).then(
      ([board, read]) => { setCells(board.cells); setAreas(board.areas); setFound(read.list); setWithout(read.without); setFailed(false) },
      () => {
        if (abort.signal.aborted) return
        setFailed(true)
        timer = setTimeout(() => setTurn((count) => count + 1), AGAIN)
      },
    )
    return () => { clearTimeout(timer); abort.abort() }
  }, [filter, changes, welcomes, turn])

  // Before anything was read nothing is known: a nought would be an all-clear.
  const counted = (count: number): number | null => (found === null ? null : count)

  const byUnit = useMemo(() => {
    const units = new Map<string, BoardCell[]>()
    for (const cell of cells) if (cell.unitId !== null && cell.state !== 'merged') units.set(cell.unitId, [...units.get(cell.unitId) ?? [], cell])
    return [...units].map(([unitId, own]) => ({ unitId, total: sum(own, 'total'), late: sum(own, 'late') })).filter(({ late }) => late > 0).sort((a, b) => b.late - a.late).slice(0, tall ? WORST : WORST_LOW)
  }, [cells, tall])

  const shown = found?.tickets ?? []
  // What left the list or its unit meanwhile is neither counted nor urged.
  const fit = shown.filter((ticket) => urgeable(ticket, self.role))
  const picked = fit.filter(({ id }) => chosen.has(id))
  const urge = (): void => {
    call('urgeMany', { body: { actId: newId(), ids: picked.map(({ id }) => id), note } }).then(({ urged, refused }) => {
      if (urged.length > 0) void message.success(words.urged(urged.length))
      if (refused.length > 0) void message.warning(words.refused(refusals(refused)))
      setChosen(new Set(refused.map(({ id }) => id)))
      setNote('')
      setTurn((count) => count + 1)
    }, (error: unknown) => { void message.error(textOfError(error, language, text)) })
  }
  const copy = (): void => {
    const shown = (): void => void message.info(window.location.href)
    // A page that came by plain http from another machine has no clipboard.
    const clipboard = navigator.clipboard as Clipboard | undefined
    if (clipboard === undefined) shown()
    else clipboard.writeText(window.location.href).then(() => void message.success(words.copied), shown)
  }
  const noUnit = filter.unitId !== undefined && book.units.length > 0 && !book.units.some(({ id }) => id === filter.unitId) ? filter.unitId : null
  const noCategory = filter.category !== undefined && book.categories.length > 0 && !book.categories.some(({ code }) => code === filter.category) ? filter.category : null
  const unread = notRead(given)
  const toggle = (id: string): void => setChosen((before) => { const next = new Set(before); if (!next.delete(id)) next.add(id); return next })
  const csv = `/api/tickets.csv?${new URLSearchParams([...Object.entries({ ...query, ...leaveOut(without) }).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])), ['language', language]])}`

  const search = <Input allowClear className="ld-board-words" value={typed} maxLength={100} placeholder={words.words} aria-label={words.words} onChange={({ target }) => setTyped(target.value)} />

  return (
    <div className="ld-board">
      <Alerts notices={notices} most={tall ? 3 : 2} onOpen={(id) => goTo('tickets', id)} onDismiss={(id) => { call('receipt', { params: { id }, body: {} }).catch(() => undefined) }} />
      <div className="ld-board-tiles" role="group" aria-label={words.title}>
        <Tile label={words.total} value={counted(sum(cells.filter(({ state }) => state !== 'merged'), 'total'))} {...tile({ inHand: true })} />
        <Tile label={words.late} value={counted(sum(cells, 'late'))} tone={sum(cells, 'late') > 0 ? 'is-alarm' : ''} {...tile({ late: true })} />
        <Tile label={words.soon} value={counted(sum(cells, 'soon'))} tone={sum(cells, 'soon') > 0 ? 'is-ring' : ''} {...tile({ soon: true })} />
        {UNCLOSED.map((state) => {
          const own = cells.filter((cell) => cell.state === state)
          return <Tile key={state} label={text.ticket.states[state]} value={counted(sum(own, 'total'))} late={sum(own, 'late')} {...tile({ state })} />
        })}
      </div>
      <div className="ld-board-main">
        <section className="ld-panel" aria-label={words.title}>
          <div className="ld-board-filters">
            {!wide && search}
            {!wide && <Button icon={<FilterOutlined />} type={narrowed > 0 ? 'primary' : 'default'} ghost={narrowed > 0} aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)}>{words.filters(narrowed)}</Button>}
            {(wide || unfolded) && (
              <>
                <Segmented<string> value={where.here} onChange={(place) => narrow(where.only(place))} options={where.places.map((value) => ({ value, label: placeName(value, text) }))} />
                <Chooser value={noUnit === null ? filter.unitId ?? null : null} placeholder={words.anyUnit} name={words.anyUnit} choices={book.units.map(({ id, name, nameEn }) => ({ value: id, label: unitName(book, id, language), also: `${name} ${nameEn}` }))} onPick={(unitId) => narrow({ unitId: unitId ?? undefined, leads: undefined })} popupMatchSelectWidth={300} />
                {filter.unitId !== undefined && <Checkbox checked={filter.leads === true} onChange={({ target }) => narrow({ leads: target.checked ? true : undefined })}>{words.onlyLead}</Checkbox>}
                <Chooser value={noCategory === null ? filter.category ?? null : null} placeholder={words.anyCategory} name={words.anyCategory} choices={book.categories.map(({ code, name }) => ({ value: code, label: categoryName(book, code, language), also: `${name.zh} ${name.en}` }))} onPick={(category) => narrow({ category: category ?? undefined })} popupMatchSelectWidth={220} />
                <Checkbox checked={filter.late === true} onChange={({ target }) => narrow({ late: target.checked ? true : undefined })}>{words.onlyLate}</Checkbox>
                <Checkbox checked={filter.soon === true} onChange={({ target }) => narrow({ soon: target.checked ? true : undefined })}>{words.soon}</Checkbox>
                <span className="ld-board-days"><DayInput name={words.from} placeholder={words.from} value={filter.from ?? ''} onChange={(from) => narrow({ from: from || undefined })} />–<DayInput name={words.to} placeholder={words.to} value={filter.to ?? ''} onChange={(to) => narrow({ to: to || undefined })} /></span>
                <i className="ld-board-break" />
                <Segmented<'due' | 'newest'> value={filter.sort ?? 'due'} onChange={(sort) => narrow({ sort: sort === 'due' ? undefined : sort })} options={[{ value: 'due', label: words.byDue }, { value: 'newest', label: words.newest }]} />
                {wide && search}
                <Views filter={writeFilter(filter)} onPick={(text0) => narrow({ ...cleared(), ...readFilter(text0) })} />
                <Button icon={<LinkOutlined />} onClick={copy}>{words.copy}</Button>
                <Button icon={<DownloadOutlined />} href={csv} download>{words.export}</Button>
              </>
            )}
            {writeFilter(filter) !== '' && <Button type="link" onClick={() => narrow(cleared())}>{words.clear}</Button>}
          </div>
          <div className="ld-board-rows">
            {noUnit !== null && <p className="ld-stale" role="alert">{words.noUnit(noUnit)} <Button type="link" size="small" onClick={() => narrow({ unitId: undefined, leads: undefined })}>{words.anyUnit}</Button></p>}
            {noCategory !== null && <p className="ld-stale" role="alert">{words.noCategory(noCategory)} <Button type="link" size="small" onClick={() => narrow({ category: undefined })}>{words.anyCategory}</Button></p>}
            {unread.length > 0 && <p className="ld-stale" role="alert">{words.unread(unread.join(' '))}</p>}
            {without.length > 0 && <p className="ld-stale" role="alert" data-without={without.join(' ')}>{words.without(without.map((name) => ({ inHand: words.total, leads: words.onlyLead, soon: words.soon })[name]))}</p>}
            {failed && <p className={found === null ? 'ld-empty' : 'ld-stale'} role="status">{text.list.failed}</p>}
            {!failed && found === null && <p className="ld-empty">{text.loading}</p>}
            {found?.tickets.length === 0 && noUnit === null && noCategory === null && <p className="ld-empty">{text.list.empty}</p>}
            {shown.map((ticket) => <BoardRow key={ticket.id} ticket={ticket} chosen={fit.includes(ticket) && chosen.has(ticket.id)} fit={fit.includes(ticket)} onChoose={toggle} />)}
          </div>
          <footer className="ld-tickets-foot">
            <Checkbox checked={fit.length > 0 && picked.length === fit.length} indeterminate={picked.length > 0 && picked.length < fit.length} disabled={fit.length === 0} title={words.urgeable} onChange={({ target }) => setChosen(target.checked ? new Set(fit.map(({ id }) => id)) : new Set())}>{words.all}</Checkbox>
            {picked.length > 0 && (
              <>
                <Input size="small" className="ld-board-note" value={note} maxLength={1000} placeholder={words.urgeNote} aria-label={words.urgeNote} onChange={({ target }) => setNote(target.value)} />
                <Popconfirm title={words.urgeAsk(picked.length)} okText={words.urgeYes} cancelText={text.unit.cancel} onConfirm={urge}><Button size="small" type="primary" icon={<ThunderboltOutlined />}>{words.urge(picked.length)}</Button></Popconfirm>
              </>
            )}
            <span className="ld-spring" />
            <span>{found?.more === true ? words.more : found !== null && text.list.total(found.total)}</span>
            {(found?.total ?? 0) > PAGE && <Pagination size="small" simple current={filter.page ?? 1} pageSize={PAGE} total={found?.total ?? 0} showSizeChanger={false} onChange={(page) => narrow({ page: page === 1 ? undefined : page })} />}
          </footer>
        </section>
        <section className="ld-panel ld-board-units" aria-label={words.units}>
          <header className="ld-panel-head"><h2>{words.units}</h2></header>
          <div className="ld-panel-body">
            {byUnit.length === 0 && <p className="ld-faint">{found === null ? text.loading : words.noneLate}</p>}
            {byUnit.map(({ unitId, total, late }) => {
              const { here, onClick } = tile({ unitId, leads: true, ...counts }, counts)
              return (
                <button key={unitId} type="button" className={`ld-board-unit${here ? ' is-here' : ''}`} aria-pressed={here} data-unit={unitId} onClick={onClick}>
                  <span className="ld-cut">{unitName(book, unitId, language)}</span><strong>{late}</strong><span className="ld-faint">/ {total}</span>
                  <i style={{ width: `${(100 * late) / (byUnit[0]?.late ?? 1)}%` }} />
                </button>
              )
            })}
            {areas.length > 0 && (
              <>
                <h3>{words.areas}</h3>
                {areas.map(({ id, name, nameEn, total, late }) => (
                  <div key={id ?? ''} className="ld-board-area" data-area={id ?? 'elsewhere'}>
                    <span className="ld-cut">{id === null ? words.elsewhere : language === 'en' && nameEn !== '' ? nameEn : name}</span>{late > 0 && <strong>{words.lateCount(late)}</strong>}<span>{total}</span>
                    <i style={{ width: `${(100 * total) / Math.max(1, ...areas.map((one) => one.total))}%` }} />
                  </div>
                ))}
              </>
            )}
          </div>
          <Counties />
          {(self.role === 'supervisor' || self.role === 'admin') && <DeadLetters />}
        </section>
      </div>
    </div>
  )
}

const cleared = (): Record<keyof BoardFilter, undefined> => ({ state: undefined, class: undefined, unitId: undefined, leads: undefined, category: undefined, inHand: undefined, late: undefined, soon: undefined, from: undefined, to: undefined, text: undefined, sort: undefined, page: undefined })

/** As the tiles name it. */
function placeName(place: BoardPlace, { board: words, ticket: { states } }: Dictionary): string {
  return place === 'all' ? words.anyState : place === 'hand' ? words.total : place === 'class open' ? words.atHall : place === 'class waiting' ? words.atUnit : states[place]
}

function Tile({ label, value, late = 0, tone = '', here, onClick }: { readonly label: string; readonly value: number | null; readonly late?: number; readonly tone?: string; readonly here: boolean; readonly onClick: () => void }) {
  const text = useText()
  return (
    <button type="button" className={`ld-tile ${tone}${here ? ' is-here' : ''}`} aria-pressed={here} onClick={onClick}>
      <span>{label}</span><strong>{value ?? '—'}</strong>{late > 0 && <small>{text.board.lateCount(late)}</small>}
    </button>
  )
}
