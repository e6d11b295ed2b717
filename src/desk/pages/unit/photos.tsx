import { CameraOutlined, CloseOutlined, LoadingOutlined, ReloadOutlined } from '@ant-design/icons'
import { App as AntApp } from 'antd'
import { useRef } from 'react'
import { textOfError } from '../../api/error-text.js'
import { call } from '../../api/endpoints.js'
import { newId } from '../../api/ids.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { prepare, type Prepared } from './picture.js'

/** A telephone's uplink at the edge of a village, ms. */
const PATIENCE = 120_000

/** One photo on its way: `id` once the server has it. */
export interface Sending { readonly key: string; readonly prepared: Prepared; readonly id: string | null; readonly failed: boolean }

/** Chooses photos and sends each at once: when the words are written, they are there. */
export function PhotoPicker({ ticketId, photos, onChange }: { readonly ticketId: string; readonly photos: readonly Sending[]; readonly onChange: (change: (before: readonly Sending[]) => readonly Sending[]) => void }) {
  const text = useText()
  const language = useLanguage()
  const { message } = AntApp.useApp()
  const input = useRef<HTMLInputElement>(null)

  const put = (key: string, more: Partial<Sending>): void => onChange((before) => before.map((one) => (one.key === key ? { ...one, ...more } : one)))
  function send({ key, prepared }: Pick<Sending, 'key' | 'prepared'>): void {
    call('attach', { params: { id: ticketId }, body: prepared }, { timeout: PATIENCE }).then(({ id }) => put(key, { id }), (error: unknown) => {
      put(key, { failed: true })
      void message.error(textOfError(error, language, text))
    })
  }
  async function choose(files: FileList | null): Promise<void> {
    for (const file of files ?? []) {
      try {
        const one = { key: newId(), prepared: await prepare(file), id: null, failed: false }
        onChange((before) => [...before, one])
        send(one)
      } catch {
        void message.error(text.unit.photoBad(file.name))
      }
    }
    if (input.current !== null) input.current.value = ''
  }

  return (
    <div className="ld-photos">
      {photos.map((one) => (
        <figure key={one.key} className="ld-photo" data-photo={one.failed ? 'failed' : one.id === null ? 'sending' : 'sent'}>
          <img src={`data:image/jpeg;base64,${one.prepared.thumbnail}`} alt="" />
          {one.failed && <button type="button" className="ld-photo-over" aria-label={text.unit.photoFailed} title={text.unit.photoFailed} onClick={() => { put(one.key, { failed: false }); send(one) }}><ReloadOutlined /></button>}
          {!one.failed && one.id === null && <span className="ld-photo-over"><LoadingOutlined /></span>}
          <button type="button" className="ld-photo-out" aria-label={text.unit.photoRemove} title={text.unit.photoRemove} onClick={() => onChange((before) => before.filter(({ key }) => key !== one.key))}><CloseOutlined /></button>
        </figure>
      ))}
      <label className="ld-photo-add">
        <CameraOutlined />{text.unit.addPhotos}
        <input ref={input} type="file" accept="image/*" multiple onChange={({ target }) => void choose(target.files)} />
      </label>
      <small className="ld-faint">{text.unit.photoHint}</small>
    </div>
  )
}
