import { call } from '../api/endpoints.js'
import { stampOf } from '../i18n/format.js'
import { useText } from '../i18n/language.js'
import { usePolled } from '../widgets/use-polled.js'

const source = (id: string, small: boolean): string => `/api/attachments/${id}${small ? '?size=thumbnail' : ''}`

/** One that comes over a county's line comes behind the act that names it, ms. */
const FRESH = 10_000

/** The photos of a ticket, small; each opens in full. Read anew when the ticket's version grows, and now and then. */
export function PhotoStrip({ ticketId, version, quiet = false }: { readonly ticketId: string; readonly version: number; /** Nothing is said where there are none. */ readonly quiet?: boolean }) {
  const text = useText()
  const { value } = usePolled((signal) => call('attachments', { params: { id: ticketId } }, { signal }), FRESH, `${ticketId} ${version}`)
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
