import { AlertOutlined } from '@ant-design/icons'
import { isUrgent } from '../../contracts/dispatch.js'
import { useLanguage, useText } from '../i18n/language.js'
import { useDeskState } from '../store/desk.js'
import { usePreferences } from '../store/preferences.js'
import { useNoticeSignal } from './notices.js'
import { goTo, type Page } from './route.js'

/** What the hall must hear of, on every page: how much, the newest in words, and a tone for each. The board itself has all of it in words. */
export function HallAlarms({ page, quiet }: { readonly page: Page; /** It rings, or somebody talks: the eyes alone, and the window's title is the call's. */ readonly quiet: boolean }) {
  const text = useText()
  const language = useLanguage()
  const { sound } = usePreferences()
  const notices = useDeskState((state) => state.notices)
  const alarms = notices.filter(isUrgent)
  const count = new Set(alarms.map(({ ticketId }) => ticketId)).size
  useNoticeSignal({ shown: alarms, fresh: quiet ? 0 : count, danger: false, title: `${text.unit.titleAlarms(count)} · ${text.product} 110`, audible: sound && !quiet })
  const [newest] = [...alarms].sort((a, b) => b.at - a.at)
  if (newest === undefined || page === 'board') return null
  return (
    <div className="ld-banner is-alarm" role="alert" data-hall-alarms={count}>
      <AlertOutlined />
      <strong>{text.unit.titleAlarms(count)}</strong>
      <span className="ld-cut">{text.unit.notices[newest.kind]} · {language === 'en' ? newest.text.en : newest.text.zh}</span>
      <button type="button" className="ld-link" onClick={() => goTo('board')}>{text.board.nav}</button>
    </div>
  )
}
