import { ApiOutlined, AudioMutedOutlined, BranchesOutlined, CalendarOutlined, CloudServerOutlined, DatabaseOutlined, PhoneOutlined, WarningOutlined } from '@ant-design/icons'
import type { ReactNode } from 'react'
import { useText } from '../i18n/language.js'
import { useDesk, useDeskState } from '../store/desk.js'
import { goTo } from './route.js'

function Banner({ tone, icon, title, hint, go }: { readonly tone: 'alarm' | 'warn'; readonly icon: ReactNode; readonly title: string; readonly hint?: string; readonly go?: { readonly words: string; readonly to: () => void } }) {
  return (
    <div className={`ld-banner is-${tone}`} role="status">
      {icon}
      <strong>{title}</strong>
      {hint !== undefined && <span>{hint}</span>}
      {go !== undefined && <button type="button" className="ld-link" onClick={go.to}>{go.words}</button>}
    </div>
  )
}

/** What of the machinery is away, and what that means for the person at the desk. What waits for approval, and files that are broken while what ran before goes on, are told to those who can do something about it. */
export function Banners() {
  const text = useText()
  const link = useDeskState((state) => state.link)
  const epoch = useDeskState((state) => state.epoch)
  const health = useDeskState((state) => state.health)
  const practice = useDeskState((state) => state.practice)
  const trouble = text.trouble
  const { self } = useDesk()
  // The first connection of a page is not a lost one.
  if (link !== 'open' && epoch !== null && link !== 'replaced') return <Banner tone="alarm" icon={<ApiOutlined />} title={trouble.link} hint={practice ? trouble.linkHintPractice : trouble.linkHint} />
  if (health === null) return null
  return (
    <>
      {health.line?.up === false && <Banner tone="alarm" icon={<ApiOutlined />} title={health.line.waiting > 0 ? `${text.counties.bannerDown} · ${text.counties.bannerWaiting(health.line.waiting)}` : text.counties.bannerDown} hint={text.counties.bannerHint} />}
      {health.pbx === 'down' && <Banner tone="alarm" icon={<PhoneOutlined />} title={trouble.pbx} hint={trouble.pbxHint} />}
      {health.pbx === 'refuses' && <Banner tone="alarm" icon={<PhoneOutlined />} title={trouble.pbxRefuses} hint={trouble.pbxRefusesHint} />}
      {health.database === 'down' && (
        <Banner tone="warn" icon={<DatabaseOutlined />} title={health.journal > 0 ? `${trouble.database} · ${trouble.journal(health.journal)}` : trouble.database} hint={trouble.databaseHint} />
      )}
      {health.recording !== undefined && <Banner tone="alarm" icon={<AudioMutedOutlined />} title={text.recording.trouble[health.recording]} hint={text.recording.troubleHint} />}
      {(health.rejected ?? 0) > 0 && <Banner tone="warn" icon={<WarningOutlined />} title={trouble.rejected(health.rejected ?? 0)} hint={trouble.rejectedHint} />}
      {health.calendar !== undefined && !practice && (self.role === 'admin' || self.role === 'supervisor') && <Banner tone="warn" icon={<CalendarOutlined />} title={trouble.calendar(health.calendar)} hint={trouble.calendarHint} />}
      {health.flows !== undefined && (self.role === 'admin' || (self.role === 'supervisor' && health.flows.what !== 'waiting' && health.flows.what !== 'broken')) && <Banner tone={health.flows.what === 'kept' || health.flows.what === 'waiting' ? 'warn' : 'alarm'} icon={<BranchesOutlined />} title={`${health.flows.what === 'kept' ? text.flows.notice.kept : text.flows.notice[health.flows.what](health.flows.count ?? health.flows.edition ?? 0)}${self.role === 'admin' && health.flows.waits !== undefined ? ` · ${text.flows.notice.waiting(health.flows.waits)}` : ''}`} go={{ words: text.flows.look, to: () => goTo('flows') }} />}
      {health.database === 'up' && health.journal > 0 && <Banner tone="warn" icon={<CloudServerOutlined />} title={trouble.journal(health.journal)} />}
    </>
  )
}
