import { BulbOutlined, GlobalOutlined, LogoutOutlined, MoonOutlined, MutedOutlined, QuestionCircleOutlined, SoundOutlined, UserOutlined } from '@ant-design/icons'
import { Button, Dropdown, Tooltip } from 'antd'
import { useState } from 'react'
import { useLanguage, useText } from '../i18n/language.js'
import { useDesk, useDeskState } from '../store/desk.js'
import { prefer, usePreferences } from '../store/preferences.js'
import { usePolled } from '../widgets/use-polled.js'
import { call } from '../api/endpoints.js'
import { Brand } from '../widgets/brand.js'
import { QueueStrip } from './queue-strip.js'
import { keepFocus } from './keep-focus.js'
import { goTo, type Page } from './route.js'

/** How many people wait to be called back; offered to whoever is at a desk. */
function CallBacksTab({ here }: { readonly here: boolean }) {
  const text = useText()
  const { value } = usePolled((signal) => call('callBacks', { query: { state: 'open', limit: 1 } }, { signal }), 10_000, '')
  const count = value?.total ?? 0
  return (
    <button type="button" className={here ? 'is-here' : ''} aria-current={here ? 'page' : undefined} onClick={() => goTo('call-backs')}>
      {text.account.callBacks.nav}{count > 0 && <span className="ld-count is-open" data-call-backs={count}>{count}</span>}
    </button>
  )
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
  const ticketsLabel = self.role === 'operator' ? text.nav.mine : text.nav.tickets
  return (
    <header className="ld-top" onMouseDown={keepFocus}>
      <Brand />
      <nav className="ld-nav">
        {hasSeat && <button type="button" className={page === 'seat' ? 'is-here' : ''} aria-current={page === 'seat' ? 'page' : undefined} onClick={() => goTo('seat')}>{text.nav.seat}</button>}
        {self.role === 'unit' && <button type="button" className="is-here" aria-current="page" onClick={() => goTo('unit')}>{text.unit.nav}</button>}
        {self.role !== 'unit' && <button type="button" className={page === 'tickets' ? 'is-here' : ''} aria-current={page === 'tickets' ? 'page' : undefined} onClick={() => goTo('tickets')}>{ticketsLabel}</button>}
        {self.role !== 'unit' && <button type="button" className={page === 'board' ? 'is-here' : ''} aria-current={page === 'board' ? 'page' : undefined} onClick={() => goTo('board')}>{text.board.nav}</button>}
        {self.role !== 'unit' && <button type="button" className={page === 'map' ? 'is-here' : ''} aria-current={page === 'map' ? 'page' : undefined} onClick={() => goTo('map')}>{text.map.nav}</button>}
        {self.role !== 'unit' && <CallBacksTab here={page === 'call-backs'} />}
        {(self.role === 'supervisor' || self.role === 'admin') && <button type="button" className={page === 'talks' ? 'is-here' : ''} aria-current={page === 'talks' ? 'page' : undefined} onClick={() => goTo('talks')}>{text.talk.talks.nav}</button>}
        {(self.role === 'supervisor' || self.role === 'admin') && <button type="button" className={page === 'account' ? 'is-here' : ''} aria-current={page === 'account' ? 'page' : undefined} onClick={() => goTo('account')}>{text.account.day.nav}</button>}
        {(self.role === 'supervisor' || self.role === 'admin') && <button type="button" className={page === 'flows' ? 'is-here' : ''} aria-current={page === 'flows' ? 'page' : undefined} onClick={() => goTo('flows')}>{text.flows.nav}</button>}
      </nav>
      {self.role === 'unit' ? <span className="ld-spring" /> : <QueueStrip />}
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
