import { App as AntApp } from 'antd'
import { lazy, Suspense, useCallback, useEffect, useState } from 'react'
import { textOfError } from '../api/error-text.js'
import { numberOf } from '../i18n/format.js'
import { useLanguage, useText } from '../i18n/language.js'
import { categoryName, useDesk, useDeskState } from '../store/desk.js'
import { usePreferences } from '../store/preferences.js'
import { isThere, ringOf } from '../phone/state.js'
import { usePhone, usePhoneLink } from '../phone/use-phone.js'
import { Banners } from './banners.js'
import { HallAlarms } from './hall-alarms.js'
import { Guard } from './guard.js'
import { useMissedNotices } from './notices.js'
import { useRingSignal } from './ring-signal.js'
import { SeatBar } from '../pages/seat/seat-bar.js'
import { CallBackBanner } from './call-back-banner.js'
import { PhoneBanner } from './phone-banner.js'
import { goTo, usePlace } from './route.js'
import { ShortcutHelp } from './shortcut-help.js'
import { useShortcut } from './shortcuts.js'
import { StandbyOverlay } from './standby-overlay.js'
import { TopBar } from './top-bar.js'

const SeatPage = lazy(() => import('../pages/seat/seat-page.js'))
const AccountPage = lazy(() => import('../pages/account/account-page.js'))
const CallBacksPage = lazy(() => import('../pages/call-backs/call-backs-page.js'))
const FlowsPage = lazy(() => import('../pages/flows/flows-page.js'))
const TalksPage = lazy(() => import('../pages/talks/talks-page.js'))
const BoardPage = lazy(() => import('../pages/board/board-page.js'))
const MapPage = lazy(() => import('../pages/map/map-page.js'))
const UnitPage = lazy(() => import('../pages/unit/unit-page.js'))
const TicketsPage = lazy(() => import('../pages/tickets/tickets-page.js'))

/** The frame of a signed-in desk: top bar, banners, one page, and what lies over it. */
export function Shell() {
  const { hasSeat, book, socket, store, phone, self } = useDesk()
  const text = useText()
  const language = useLanguage()
  const { sound } = usePreferences()
  const { message } = AntApp.useApp()
  const [help, setHelp] = useState(false)
  const atUnit = self.role === 'unit'
  const place = usePlace(hasSeat ? 'seat' : atUnit ? 'unit' : 'tickets')
  const watches = self.role === 'supervisor' || self.role === 'admin'
  const page = atUnit ? 'unit' : place.page === 'unit' || (place.page === 'seat' && !hasSeat) || ((place.page === 'talks' || place.page === 'account' || place.page === 'flows') && !watches) ? 'tickets' : place.page

  const presence = useDeskState((state) => state.me?.presence)
  const wantsReady = useDeskState((state) => state.me?.wantsReady === true)
  const seat = useDeskState((state) => state.seat)
  const call = useDeskState((state) => state.call)
  const replaced = useDeskState((state) => state.link === 'replaced')
  // A supervisor's further window reads what needs no seat; his calls are at the other one.
  const looks = hasSeat && seat === 'standby' && !replaced && watches && page !== 'seat'
  const covered = (seat === 'standby' || replaced) && hasSeat && !looks
  const state = usePhone()
  const rings = useDeskState((desk) => hasSeat && !looks ? ringOf(state, desk) : null)
  const ringing = rings !== null
  const urgent = rings !== 'phone' && call?.class === 'emergency'

  // A call comes before whatever page was open; what was typed there stays in the outbox.
  // Who calls a citizen back stays at the ticket from which he did.
  const callsBack = useDeskState((desk) => desk.me?.redial !== undefined)
  const talking = hasSeat && !looks && presence === 'talking' && !callsBack
  useEffect(() => {
    if (!ringing && !talking) return
    // What only the telephone knows of is answered on any page.
    if (rings !== 'phone') goTo('seat')
    setHelp(false)
  }, [ringing, rings, talking, call?.callId])
  useMissedNotices()
  usePhoneLink()
  const label = rings === 'phone' ? text.phone.incoming : call === null ? '' : `${urgent ? text.call.emergency : text.call.incoming} ${numberOf(call.caller.number) || text.call.withheld} ${categoryName(book, call.category, language)}`.trim()
  useRingSignal(ringing, label, sound)

  const ask = useCallback((request: Parameters<typeof socket.ask>[0]) => {
    if (request.type === 'presence' && request.ready && phone.get().view.kind === 'browser' && !isThere(phone.get()) && store.get().me?.presence !== 'talking') return void message.warning(text.phone.notReady)
    socket.ask(request).catch((error: unknown) => { void message.error(textOfError(error, language, text)) })
  }, [socket, phone, store, message, language, text])

  useShortcut('help', () => setHelp((open) => !open))
  useShortcut('seatPage', () => goTo(page === 'seat' ? 'tickets' : 'seat'), hasSeat)
  useShortcut('talks', () => goTo('talks'), watches)
  useShortcut('ready', () => ask({ type: 'presence', ready: presence === 'talking' || presence === 'wrap-up' ? !wantsReady : presence !== 'ready' && presence !== 'paused' }), hasSeat && seat === 'active' && presence !== 'ringing')

  return (
    <div className={`ld-shell${ringing ? ` is-ringing${urgent ? ' is-urgent' : ''}` : ''}`}>
      <TopBar page={page} onHelp={() => setHelp(true)} />
      <Banners />
      {!atUnit && <HallAlarms page={page} quiet={ringing || talking} />}
      {hasSeat && !looks && <PhoneBanner />}
      {hasSeat && !looks && <CallBackBanner ask={ask} />}
      {/* Whoever looks at something else while it rings can answer there. */}
      {rings === 'call' && page !== 'seat' && <SeatBar ask={ask} />}
      <main className="ld-page" inert={covered}>
        <Guard>
          <Suspense fallback={<div className="ld-splash">{text.loading}</div>}>
            {page === 'map' ? <MapPage /> : page === 'board' ? <BoardPage filter={place.id ?? ''} /> : page === 'unit' ? <UnitPage id={place.id} /> : page === 'seat' ? <SeatPage ask={ask} /> : page === 'talks' ? <TalksPage ask={ask} /> : page === 'account' ? <AccountPage /> : page === 'flows' ? <FlowsPage id={place.id} /> : page === 'call-backs' ? <CallBacksPage /> : <TicketsPage id={place.id} />}
          </Suspense>
        </Guard>
      </main>
      <div className="ld-visually-hidden" role="alert">{ringing ? label : ''}</div>
      {covered && <StandbyOverlay />}
      <ShortcutHelp open={help} onClose={() => setHelp(false)} />
    </div>
  )
}

/** Sends a request to the hub and says so when it is refused. */
export type Ask = (request: Parameters<ReturnType<typeof useDesk>['socket']['ask']>[0]) => void
