import { call } from '../api/endpoints.js'
import { stampOf } from '../i18n/format.js'
import { useText } from '../i18n/language.js'
import { useDeskState } from '../store/desk.js'
import { useLiveOf } from '../store/use-live.js'

const source = (id: string, small: boolean): string => `/api/attachments/${id}${small ? '?size=thumbnail' : ''}`

/** The photos of a ticket, small; each opens in full. Read anew when the ticket's version grows, and when one comes: over a county's line that is behind the act that names it. */
export function PhotoStrip({ ticketId, version, quiet = false }: { readonly ticketId: string; readonly version: number; /** Nothing is said where there are none. */ readonly quiet?: boolean }) {
  const text = useText()
  const told = useDeskState((state) => state.photos[ticketId] ?? 0)
  const { value } = useLiveOf(ticketId, version, told, (signal) => call('attachments', { params: { id: ticketId } }, { signal }))
  const found = (value?.attachments ?? []).filter((one) => one.ticketId === ticketId)
  if (found.length === 0) return quiet ? null : <p className="ld-faint">{text.unit.noPhotos}</p>
  return (
    <div className="ld-photos">
      {found.map(({ id, by, at, width, height }) => (
        <a key={id} className="ld-photo" href={source(id, false)} target="_blank" rel="noreferrer" title={`${text.unit.photoOpen} · ${by} · ${stampOf(at, Date.now(), text)} · ${width}×${height}`} data-attachment={id}>
          <img src={source(id, true)} alt={`${by} ${stampOf(at, Date.now(), text)}`} loading="lazy" />
        </a>
      ))}
    </div>
  )
}
