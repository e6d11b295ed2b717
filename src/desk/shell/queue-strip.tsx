import { lazy, Suspense } from 'react'
import { clockOf, percentOf } from '../i18n/format.js'
import { useText } from '../i18n/language.js'
import { useDeskState } from '../store/desk.js'

const Sparkline = lazy(() => import('../charts/sparkline.js'))

function Figure({ label, value, tone, note, hint }: { readonly label: string; readonly value: string | number; readonly tone?: 'ring' | 'alarm' | 'ready' | 'talk' | undefined; readonly note?: string | undefined; readonly hint?: string | undefined }) {
  return (
    <div className={`ld-figure${tone === undefined ? '' : ` is-${tone}`}`} title={hint}>
      <span className="ld-figure-label">{label}</span>
      <span className="ld-figure-value">{value}{note !== undefined && <small>{note}</small>}</span>
    </div>
  )
}

/** Waiting long means that somebody hears music: amber from 15 s (the promise), red from 45 s. */
const waitTone = (seconds: number): 'ring' | 'alarm' | undefined => (seconds >= 45 ? 'alarm' : seconds >= 15 ? 'ring' : undefined)

/** The whole hall in one line. */
export function QueueStrip() {
  const text = useText()
  const queue = useDeskState((state) => state.queue)
  const trend = useDeskState((state) => state.trend)
  const link = useDeskState((state) => state.link)
  if (queue === null) return <div className="ld-queue" />
  const share = queue.promisedToday === 0 ? undefined : queue.answeredInTimeToday / queue.promisedToday
  return (
    <div className={`ld-queue${link === 'open' ? '' : ' is-stale'}`} role="group" aria-label={text.queue.hall} title={link === 'open' ? undefined : text.queue.stale}>
      <Figure
        label={text.queue.waiting} value={queue.waiting}
        tone={queue.waitingEmergency > 0 ? 'alarm' : queue.waiting > 0 ? 'ring' : undefined}
        note={queue.waitingEmergency > 0 ? `${text.queue.waitingEmergency} ${queue.waitingEmergency}` : undefined}
      />
      <Figure label={text.queue.longest} value={queue.waiting === 0 ? '—' : clockOf(queue.longestWaitSeconds)} tone={waitTone(queue.longestWaitSeconds)} />
      <Figure label={text.queue.ready} value={queue.ready} tone={queue.ready > 0 ? 'ready' : undefined} />
      <Figure label={text.queue.talking} value={queue.talking} tone={queue.talking > 0 ? 'talk' : undefined} />
      <Figure label={text.queue.inTime} value={percentOf(queue.answeredInTimeToday, queue.promisedToday)} hint={text.queue.inTimeHint} tone={share !== undefined && share < 0.8 ? 'ring' : undefined} />
      <div className="ld-queue-spark" title={text.queue.trend}>
        <Suspense><Sparkline points={trend} /></Suspense>
      </div>
    </div>
  )
}
