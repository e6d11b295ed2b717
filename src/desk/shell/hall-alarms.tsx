import { AlertOutlined } from '@ant-design/icons'
import { aboutOf } from '../alerts/alert-order.js'
import { useLanguage, useText } from '../i18n/language.js'
import { usePreferences } from '../store/preferences.js'
import { useNoticeSignal } from './notices.js'
import { goTo, type Page } from './route.js'
import { useHallAlerts } from './use-hall-alerts.js'

/** What the hall must hear of, on every page: how much stands, of alarms the newest in words, and a tone for each. The board itself has all of it in words. */
export function HallAlarms({ page, quiet }: { readonly page: Page; /** It rings, or somebody talks: the eyes alone, and the window's title is the call's. */ readonly quiet: boolean }) {
  const text = useText()
  const language = useLanguage()
  const { sound } = usePreferences()
  const { tickets, alarmed, alarms } = useHallAlerts()
  const title = [...(alarmed > 0 ? [text.unit.titleAlarms(alarmed)] : []), text.unit.titleAlerts(tickets), `${text.product} 110`].join(' · ')
  useNoticeSignal({ shown: alarms, fresh: quiet ? 0 : tickets, danger: false, title, audible: sound && !quiet })
  const [newest] = alarms
  if (newest === undefined || page === 'board') return null
  return (
    <div className="ld-banner is-alarm" role="alert" data-hall-alarms={alarmed}>
      <AlertOutlined />
      <strong>{text.unit.titleAlarms(alarmed)}</strong>
      <span className="ld-cut">{text.unit.notices[newest.kind]} · {aboutOf(language === 'en' ? newest.text.en : newest.text.zh, newest)}</span>
      <button type="button" className="ld-link" onClick={() => goTo('board')}>{text.board.nav}</button>
    </div>
  )
}
