import { BulbOutlined, GlobalOutlined, LogoutOutlined, MenuOutlined, MoonOutlined, MutedOutlined, QuestionCircleOutlined, SoundOutlined, UserOutlined } from '@ant-design/icons'
import { Button, Dropdown, Tooltip } from 'antd'
import { useState } from 'react'
import { useLanguage, useText } from '../i18n/language.js'
import { unitName, useDesk, useDeskState } from '../store/desk.js'
import { prefer, usePreferences } from '../store/preferences.js'
import { useLive } from '../store/use-live.js'
import { useWide } from '../widgets/use-wide.js'
import { call } from '../api/endpoints.js'
import { Brand } from '../widgets/brand.js'
import { QueueStrip } from './queue-strip.js'
import { keepFocus } from './keep-focus.js'
import { goTo, type Page } from './route.js'
import { useHallAlerts } from './use-hall-alerts.js'

/** Every desk of the hall counts them: in a storm no more often than this, ms. */
const REST = 10_000

/** How many people wait to be called back. */
function useOpenCallBacks(): number {
  const { value } = useLive('call-backs', (signal) => call('callBacks', { query: { state: 'open', limit: 1 } }, { signal }), { rest: REST })
  return value?.total ?? 0
}

/** `count`: what waits there; `alarm`: some of it does not bear waiting. */
interface Tab { readonly page: Page; readonly label: string; readonly count?: number; readonly alarm?: boolean }

/** The entry with its count, red where that does not bear waiting. */
function TabLabel({ tab: { page, label, count = 0, alarm = false } }: { readonly tab: Tab }) {
  return <>{label}{count > 0 && <span className={`ld-count ${alarm ? 'is-alarm' : 'is-open'}`} {...{ [`data-${page === 'board' ? 'alerts' : page}`]: count }}>{count}</span>}</>
}

/** The pages of somebody in the hall: beside one another, on a telephone in a menu under the one that is open. */
function HallPages({ page }: { readonly page: Page }) {
  const text = useText()
  const { self, hasSeat } = useDesk()
  const wide = useWide('unit')
  const callBacks = useOpenCallBacks()
  const { tickets, alarmed } = useHallAlerts()
  const watches = self.role === 'supervisor' || self.role === 'admin'
  const tabs: readonly Tab[] = [
    ...(hasSeat ? [{ page: 'seat', label: text.nav.seat } as const] : []),
    { page: 'tickets', label: self.role === 'operator' ? text.nav.mine : text.nav.tickets },
    { page: 'board', label: text.board.nav, count: tickets, alarm: alarmed > 0 },
    { page: 'map', label: text.map.nav },
    { page: 'call-backs', label: text.account.callBacks.nav, count: callBacks },
    ...(watches ? [{ page: 'talks', label: text.talk.talks.nav }, { page: 'account', label: text.account.day.nav }, { page: 'flows', label: text.flows.nav }] as const : []),
  ]
  const here = tabs.find((tab) => tab.page === page)
  // What stands on the board is seen with the menu closed, too.
  const board = page === 'board' ? undefined : tabs.find((tab) => tab.page === 'board')
  if (wide) return <nav className="ld-nav">{tabs.map((tab) => <button key={tab.page} type="button" className={page === tab.page ? 'is-here' : ''} aria-current={page === tab.page ? 'page' : undefined} onClick={() => goTo(tab.page)}><TabLabel tab={tab} /></button>)}</nav>
  return (
    <nav className="ld-nav">
      <Dropdown trigger={['click']} menu={{ items: tabs.map((tab) => ({ key: tab.page, label: <span className="ld-nav-item"><TabLabel tab={tab} /></span>, onClick: () => goTo(tab.page) })), selectedKeys: [page] }}>
        <Button type="text" className="ld-nav-menu" icon={<MenuOutlined />}>{here?.label}{board !== undefined && <span title={board.label}><TabLabel tab={{ ...board, label: '' }} /></span>}</Button>
      </Dropdown>
    </nav>
  )
}

/** Which county this is; nothing at the city. */
function County() {
  const text = useText()
  const language = useLanguage()
  const { book } = useDesk()
  const units = useDeskState((state) => state.health?.line?.units)
  if (units === undefined) return null
  const names = units.map((unitId) => unitName(book, unitId, language)).join('、')
  return <Tooltip title={names === '' ? text.counties.notJoined : `${names} · ${text.counties.hereHint}`}><span className="ld-practice ld-chip ld-cut" data-county={units.join(',')}>{text.counties.here(names)}</span></Tooltip>
}

/** Brand, pages, the queue strip, and the person. */
export function TopBar({ page, onHelp }: { readonly page: Page; readonly onHelp: () => void }) {
  const text = useText()
  const language = useLanguage()
  const { self, hasSeat, logOut } = useDesk()
  const { face, sound } = usePreferences()
  const practice = useDeskState((state) => state.practice)
  const played = useDeskState((state) => state.playsUnits)
  const onCall = useDeskState((state) => state.me?.presence === 'talking' || state.me?.presence === 'ringing')
  // It must not lie over the buttons of a call.
  const [menu, setMenu] = useState(false)
  return (
    <header className={`ld-top${self.role === 'unit' ? '' : ' is-hall'}`} onMouseDown={keepFocus}>
      <Brand />
      {self.role === 'unit' ? <nav className="ld-nav"><button type="button" className="is-here" aria-current="page" onClick={() => goTo('unit')}>{text.unit.nav}</button></nav> : <HallPages page={page} />}
      {self.role === 'unit' ? <span className="ld-spring" /> : <QueueStrip />}
      <County />
      {practice && <Tooltip title={played ? `${text.trouble.practiceHint}${text.trouble.practiceUnits}` : text.trouble.practiceHint}><span className="ld-practice ld-chip is-ring">{text.trouble.practice}</span></Tooltip>}
      <div className="ld-tools">
        {(hasSeat || self.role === 'unit') && (
          <Tooltip title={sound ? text.seat.soundOn : text.seat.soundOff}>
            <Button type="text" aria-label={sound ? text.seat.soundOn : text.seat.soundOff} aria-pressed={sound} icon={sound ? <SoundOutlined /> : <MutedOutlined />} onClick={() => prefer({ sound: !sound })} />
          </Tooltip>
        )}
        <Tooltip title={text.seat.shortcuts}><Button type="text" aria-label={text.seat.shortcuts} icon={<QuestionCircleOutlined />} onClick={onHelp} /></Tooltip>
        <Tooltip title={face === 'dark' ? text.face.light : text.face.dark}>
          <Button type="text" aria-label={face === 'dark' ? text.face.light : text.face.dark} icon={face === 'dark' ? <BulbOutlined /> : <MoonOutlined />} onClick={() => prefer({ face: face === 'dark' ? 'light' : 'dark' })} />
        </Tooltip>
        <Button type="text" className="ld-language" icon={<GlobalOutlined />} onClick={() => prefer({ language: language === 'en' ? 'zh-CN' : 'en' })}>
          {language === 'en' ? '中文' : 'EN'}
        </Button>
        <Dropdown
          trigger={['click']} open={menu && !onCall} onOpenChange={setMenu}
          menu={{ items: [{ key: 'out', icon: <LogoutOutlined />, label: text.logOut, onClick: logOut }] }}
        >
          <Button type="text" className="ld-person" title={onCall ? text.logOutBusy : undefined} icon={<UserOutlined />}>
            <span className="ld-person-name">{self.displayName}</span>
            <span className="ld-person-role">{text.roles[self.role]}{self.extension === undefined ? '' : ` · ${self.extension}`}</span>
          </Button>
        </Dropdown>
      </div>
    </header>
  )
}
