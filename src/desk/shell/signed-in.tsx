import { App as AntApp } from 'antd'
import { useEffect, useMemo, useState } from 'react'
import type { Self } from '../../contracts/people.js'
import type { TicketAct } from '../../contracts/ticket.js'
import type { ServerMessage } from '../../contracts/ws.js'
import { ApiError, call } from '../api/endpoints.js'
import { newId } from '../api/ids.js'
import { isSigningOut, signOut } from '../api/sign-out.js'
import { openDeskSocket } from '../api/socket.js'
import { setTimeZone } from '../i18n/format.js'
import { useText } from '../i18n/language.js'
import { browserStorage } from '../outbox/browser-storage.js'
import { makeKeeper, type SendFailure } from '../outbox/keeper.js'
import { sendAct } from '../outbox/send-act.js'
import { browserParts } from '../phone/browser.js'
import { holdTalk, takeLostTalk } from '../phone/held-talk.js'
import { makePhone } from '../phone/phone.js'
import { DeskContext, type Book, type Desk } from '../store/desk.js'
import { makeStore } from '../store/store.js'
import { forgetSeat, keepSeat, seatOf } from '../store/memory.js'
import { forgetDrafts, takeEarly } from '../ticket/draft.js'
import { Shell } from './shell.js'
import { Splash } from './splash.js'

/** How often the desk makes sure that the server is there: a cable pulled behind a switch closes no socket, ms. */
const PULSE = 15_000

/** Signing out waits this long for the last edits to be acknowledged, ms. */
const LAST_WORDS = 3_000
/** … and this long for the server to hear of it; then the desk is left, and the server told when it can be, ms. */
const GOOD_BYE = 1_500

type Parts = Omit<Desk, 'self' | 'hasSeat' | 'book' | 'logOut'>

/** Holds what lives as long as a person is signed in: socket, store, outbox, code book. */
export function SignedIn({ self, tabId, onLeave, onSelf }: {
  readonly self: Self
  readonly tabId: string
  readonly onLeave: () => void
  /** Who he is now, as the server was just asked. */
  readonly onSelf: (self: Self) => void
}) {
  const text = useText()
  const { message } = AntApp.useApp()
  const [parts, setParts] = useState<Parts | null>(null)
  const personId = self.id

  useEffect(() => {
    const store = makeStore()
    const keeper = makeKeeper({
      send: (id, act) => sendAct((body) => call('act', { params: { id }, body }, { keepalive: fitsKeepalive(body) }), act).catch((error: unknown) => { throw failureOf(error, act) }),
      fresh: (id) => call('ticket', { params: { id } }),
      storage: browserStorage(localStorage, personId, tabId, Date.now),
      newId,
      window: tabId,
      clock: Date.now,
      after(delay, run) {
        const timer = setTimeout(run, delay)
        return () => clearTimeout(timer)
      },
      onTicket: (ticket) => store.dispatch({ type: 'acted', ticket }),
    })
    const askWho = (): void => { call('me', {}).then(onSelf, () => undefined) }
    const hear = (heard: ServerMessage): void => {
      store.dispatch({ type: 'message', message: heard, now: Date.now() })
      if (heard.type === 'health' && heard.health.database === 'up' && heard.health.journal === 0) keeper.drained()
    }
    const socket = openDeskSocket({
      url: `${window.location.protocol === 'https:' ? 'wss' : 'ws'}://${window.location.host}/ws`,
      tabId,
      position: () => ({ epoch: store.get().epoch, seq: store.get().seq }),
      memory: () => seatOf(personId),
      onMessage(arrived) {
        if (arrived.type === 'welcome' && arrived.timeZone !== undefined) setTimeZone(arrived.timeZone)
        // Back again: his role may have changed while nobody told this desk.
        if (arrived.type === 'welcome' && store.get().welcomes > 0) askWho()
        hear(arrived)
        keepSeat(store.get().me)
        if (store.get().gap) socket.again()
      },
      onLink(link) {
        store.dispatch({ type: 'link', link })
        if (link === 'open') keeper.nudge()
      },
      // The upgrade of a socket tells the browser nothing about why it failed; this does.
      onRefused() {
        if (isSigningOut()) socket.close()
        else askWho()
      },
    })
    const browser = browserParts()
    const phone = makePhone({
      ...browser,
      secret: () => call('phoneSecret', { body: {} }),
      // A bundle of its own: who uses the telephone on the table loads nothing of it.
      openLine: async (secret, events) => (await import('../phone/sip.js')).openLine(secret, events),
      // The page was loaded anew in mid-call: what that page had of it is gone. A talk on another telephone goes on.
      async fresh() {
        const callId = takeLostTalk(sessionStorage, tabId)
        if (callId !== null) await socket.ask({ type: 'phone.lost', callId }).catch(() => undefined)
      },
    })
    const letGo = holdTalk({ phone, store, storage: sessionStorage, tabId, after: browser.after })
    const pulse = setInterval(() => {
      if (store.get().link !== 'open') return
      call('queue', {}, { timeout: 6_000 }).then(
        ({ queue, health }) => {
          hear({ type: 'queue', queue })
          hear({ type: 'health', health })
        },
        (error: unknown) => { if (error instanceof ApiError && error.code === 'network') socket.again() },
      )
    }, PULSE)
    const leaving = (): void => keeper.flush()
    const hiding = (): void => { if (document.visibilityState === 'hidden') keeper.flush() }
    window.addEventListener('pagehide', leaving)
    window.addEventListener('beforeunload', leaving)
    document.addEventListener('visibilitychange', hiding)
    keeper.nudge()
    setParts({ store, keeper, socket, phone })
    return () => {
      clearInterval(pulse)
      window.removeEventListener('pagehide', leaving)
      window.removeEventListener('beforeunload', leaving)
      document.removeEventListener('visibilitychange', hiding)
      phone.close()
      letGo()
      socket.close()
      keeper.close()
    }
  }, [personId, tabId, onSelf])

  useEffect(() => {
    if (parts !== null && parts.keeper.restored.length > 0) void message.info(text.save.restored)
    // Told once at the start, not again in another language.
  }, [parts])

  const categories = useSure(readCategories)
  const units = useSure(readUnits)
  const book = useMemo((): Book => ({ categories: categories ?? [], units: units ?? [] }), [categories, units])

  if (parts === null) return <Splash />
  const hasSeat = (self.role === 'operator' || self.role === 'supervisor') && self.extension !== undefined
  const logOut = (): void => {
    // What waits for its ticket is text that is not acknowledged like any other. Whoever wrote it had seen nothing but an empty ticket.
    for (const { ticketId, text: description } of takeEarly()) parts.keeper.type(ticketId, { description }, 1)
    parts.keeper.flush()
    forgetDrafts()
    forgetSeat()
    // Whether the server can be told now or later: nobody stays at the desk who has left it.
    void parts.keeper.settled(LAST_WORDS).catch(() => undefined).then(() => Promise.race([signOut(), new Promise((resolve) => setTimeout(resolve, GOOD_BYE))])).finally(onLeave)
  }
  // Calls are answered without the code book if need be: it fills in when it comes.
  return <DeskContext value={{ ...parts, self, hasSeat, book, logOut }}><Shell /></DeskContext>
}

const readCategories = () => call('categories', {}).then(({ categories }) => categories)
const readUnits = () => call('units', {}).then(({ units }) => units)

/** Reads until it is read; the code book does not wait for a database that has only the units. */
function useSure<T>(read: () => Promise<T>): T | null {
  const [value, setValue] = useState<T | null>(null)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>
    let gone = false
    const again = (): void => { read().then((found) => { if (!gone) setValue(found) }, () => { if (!gone) timer = setTimeout(again, 2_000) }) }
    again()
    return () => {
      gone = true
      clearTimeout(timer)
    }
  }, [read])
  return value
}

/** Browsers refuse keepalive bodies beyond 64 KB in flight; three bytes a character is the worst case of Chinese text. */
const fitsKeepalive = (act: TicketAct): boolean => JSON.stringify(act).length * 3 < 60_000

/** A lost session is passing: the text is sent after the next log-in. So is a ticket that is not there when text is: it is being opened, for none ever goes. */
function failureOf(error: unknown, { act }: TicketAct): SendFailure & Error {
  const failure: SendFailure = error instanceof ApiError
    ? { passing: error.passing || error.status === 401 || (error.code === 'ticket.not-found' && act === 'edit'), code: error.code, text: error.message, details: error.details }
    : { passing: true, code: 'network', text: String(error), details: {} }
  return Object.assign(new Error(failure.text), failure)
}
