import { DeleteOutlined, DownOutlined, SaveOutlined } from '@ant-design/icons'
import { App as AntApp, Button, Checkbox, Input, Popover } from 'antd'
import { useEffect, useState } from 'react'
import type { SavedView } from '../../../contracts/routes/board.js'
import { textOfError } from '../../api/error-text.js'
import { call } from '../../api/endpoints.js'
import { newId } from '../../api/ids.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { useDesk } from '../../store/desk.js'

/** Filters under a name: one's own, and those that the supervisors share with all. */
export function Views({ filter, onPick }: { readonly filter: string; readonly onPick: (filter: string) => void }) {
  const text = useText()
  const words = text.board
  const language = useLanguage()
  const { self } = useDesk()
  const { message } = AntApp.useApp()
  const [open, setOpen] = useState(false)
  const [views, setViews] = useState<readonly SavedView[]>([])
  const [name, setName] = useState('')
  const [shared, setShared] = useState(false)
  const [turn, setTurn] = useState(0)
  // Another filter, by a link or by the pages of the browser: what was open over the list is about the one before.
  useEffect(() => setOpen(false), [filter])
  const leads = self.role === 'supervisor' || self.role === 'admin'
  useEffect(() => {
    if (!open) return
    const abort = new AbortController()
    call('views', {}, { signal: abort.signal }).then(({ views: found }) => setViews(found), () => undefined)
    return () => abort.abort()
  }, [open, turn])
  const failed = (error: unknown): void => { void message.error(textOfError(error, language, text)) }
  const again = (): void => setTurn((count) => count + 1)
  const save = (): void => { call('saveView', { body: { id: newId(), name: name.trim(), filter, shared } }).then(() => { setName(''); again() }, failed) }
  return (
    <Popover
      trigger="click" open={open} onOpenChange={setOpen} placement="bottomRight"
      content={(
        <div className="ld-views">
          {views.length === 0 && <p className="ld-faint">{words.noViews}</p>}
          {views.map((view) => (
            <div key={view.id} className="ld-view" data-view={view.name}>
              <button type="button" onClick={() => { onPick(view.filter); setOpen(false) }}><span className="ld-cut">{view.name}</span>{!view.shared && <small className="ld-faint">{words.own}</small>}</button>
              {(leads || !view.shared) && <Button size="small" type="text" aria-label={`${words.remove} ${view.name}`} icon={<DeleteOutlined />} onClick={() => { call('removeView', { params: { id: view.id }, body: {} }).then(again, failed) }} />}
            </div>
          ))}
          <div className="ld-view-new">
            <Input value={name} maxLength={40} placeholder={words.name} aria-label={words.name} onChange={({ target }) => setName(target.value)} onPressEnter={() => { if (name.trim() !== '') save() }} />
            <Button icon={<SaveOutlined />} disabled={name.trim() === ''} onClick={save}>{words.save}</Button>
          </div>
          {leads && <Checkbox checked={shared} onChange={({ target }) => setShared(target.checked)}>{words.shared}</Checkbox>}
        </div>
      )}
    >
      <Button>{words.views} <DownOutlined /></Button>
    </Popover>
  )
}
