import { Tooltip } from 'antd'
import { useLasting } from '../store/use-lasting.js'
import { timeOf } from '../i18n/format.js'
import { useText } from '../i18n/language.js'
import { useOutbox } from '../store/desk.js'
import { saveStateOf } from '../outbox/outbox.js'

/** Longer than this is worth a word, ms. */
const SLOW = 2_000

/** Where the text of a ticket is right now: here, on its way, on disk, in the database. */
export function SaveLight({ ticketId }: { readonly ticketId: string }) {
  const text = useText()
  const box = useOutbox(ticketId)
  const state = saveStateOf(box)
  const slow = useLasting(state === 'saving', SLOW)
  const at = timeOf(box?.stored?.at ?? 0)
  const words = state === 'saved' || state === 'journal' ? text.save[state](at) : slow ? text.save.slow : text.save[state]
  return (
    <Tooltip title={state === 'journal' ? text.save.journalHint : ''}>
      <span className={`ld-save is-${slow ? 'slow' : state}`} role="status" data-save={state}><i aria-hidden="true" />{words}</span>
    </Tooltip>
  )
}
