import { App as AntApp, ConfigProvider } from 'antd'
import enUS from 'antd/locale/en_US'
import zhCN from 'antd/locale/zh_CN'
import { useCallback, useEffect, useLayoutEffect, useMemo, useState } from 'react'
import type { Self } from '../contracts/people.js'
import { ApiError, call, whenSessionLost } from './api/endpoints.js'
import { claimTabId } from './api/ids.js'
import { isSigningOut, signOut, whenSignedOutElsewhere } from './api/sign-out.js'
import { LanguageContext, DICTIONARIES } from './i18n/language.js'
import { AskPage } from './pages/ask/ask-page.js'
import { LogInPage } from './pages/login/log-in-page.js'
import { useAsking } from './shell/route.js'
import { SignedIn } from './shell/signed-in.js'
import { Splash } from './shell/splash.js'
import { keepDraftsOf } from './ticket/draft.js'
import { usePreferences } from './store/preferences.js'
import { antdTheme } from './theme/antd-theme.js'
import { paint } from './theme/palette.js'
import { useMotion } from './theme/use-motion.js'

/** The browser's language until a person chooses one. */
const LIKED = navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en'

const KEY = 'liandong.self'
/** Who this tab's person was before a reload: the desk is drawn at once, and the server is asked beside it. */
const remembered = (): Self | null => JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Self | null

/** Nobody (`null`), somebody, or not known yet. */
type Session = { readonly self: Self; readonly tabId: string } | null | undefined

/** Whose desk it is, and at which telephone or unit: with another one it is another desk. What he may do there changes in place, also in mid-call. */
const placeOf = ({ id, extension = '', unitId = '' }: Self): string => `${id} ${extension} ${unitId}`

/** The desk: looks, language, and who is signed in. */
export function App() {
  const { language: chosen, face } = usePreferences()
  const asking = useAsking()
  const [session, setSession] = useState<Session>(undefined)
  const [lost, setLost] = useState(false)
  const [unreachable, setUnreachable] = useState(false)
  const language = chosen ?? LIKED

  const enter = useCallback(async (self: Self) => {
    sessionStorage.setItem(KEY, JSON.stringify(self))
    keepDraftsOf(self.id)
    const tabId = await claimTabId()
    setLost(false)
    // The same person drawn from memory and confirmed by the server is one desk, not two.
    setSession((before) => (before && JSON.stringify(before.self) === JSON.stringify(self) ? before : { self, tabId }))
  }, [])
  /** The server was asked who this is: somebody gave him another role, unit or telephone, and his desk follows. */
  const follow = useCallback((self: Self) => {
    setSession((before) => {
      if (!before || before.self.id !== self.id || JSON.stringify(before.self) === JSON.stringify(self)) return before
      sessionStorage.setItem(KEY, JSON.stringify(self))
      return { ...before, self }
    })
  }, [])
  const leave = useCallback(() => {
    sessionStorage.removeItem(KEY)
    setSession(null)
  }, [])
  /** Nobody is signed in; who was at this desk is told so. */
  const lose = useCallback(() => {
    sessionStorage.removeItem(KEY)
    setSession((before) => {
      if (before) setLost(true)
      return null
    })
  }, [])

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>
    let gone = false
    const ask = (): void => {
      call('session', {}).then(({ self }) => (self === null ? lose() : enter(self)), (error: unknown) => {
        if (gone) return
        if (error instanceof ApiError && !error.passing) return leave()
        setUnreachable(error instanceof ApiError && error.code === 'network')
        timer = setTimeout(ask, 2_000)
      })
    }
    if (isSigningOut()) {
      // As far as the server knows, who left here is signed in still.
      leave()
      void signOut()
    } else {
      const before = remembered()
      if (before !== null) void enter(before)
      ask()
    }
    whenSessionLost(lose)
    const deaf = whenSignedOutElsewhere(leave)
    return () => {
      gone = true
      clearTimeout(timer)
      deaf()
    }
  }, [enter, leave, lose])

  useLayoutEffect(() => { paint(document.documentElement, face) }, [face])
  useLayoutEffect(() => {
    document.documentElement.lang = language
    document.title = `${DICTIONARIES[language].product} 110`
  }, [language])

  const motion = useMotion()
  const theme = useMemo(() => antdTheme(face, motion), [face, motion])
  return (
    <LanguageContext value={language}>
      <ConfigProvider theme={theme} locale={language === 'en' ? enUS : zhCN} button={{ autoInsertSpace: false }} componentSize="middle">
        <AntApp className="ld-root" message={{ maxCount: 3, duration: 4, top: 0 }}>
          {asking && <AskPage />}
          {!asking && session === undefined && <Splash unreachable={unreachable} />}
          {!asking && session === null && <LogInPage lost={lost} onEnter={(self) => void enter(self)} />}
          {!asking && session && <SignedIn key={placeOf(session.self)} self={session.self} tabId={session.tabId} onLeave={leave} onSelf={follow} />}
        </AntApp>
      </ConfigProvider>
    </LanguageContext>
  )
}
