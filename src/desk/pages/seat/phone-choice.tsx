import { App as AntApp, Segmented, Tooltip } from 'antd'
import { useState } from 'react'
import type { PhoneView } from '../../../contracts/routes/phones.js'
import { call } from '../../api/endpoints.js'
import { textOfError } from '../../api/error-text.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { isThere } from '../../phone/state.js'
import { usePhone } from '../../phone/use-phone.js'
import { useDesk } from '../../store/desk.js'

/** The telephone on the table or the one in the browser, and how the latter is; nothing where a city has none. */
export function PhoneChoice({ disabled }: { readonly disabled: boolean }) {
  const text = useText()
  const language = useLanguage()
  const { phone } = useDesk()
  const { message } = AntApp.useApp()
  const state = usePhone()
  const [busy, setBusy] = useState(false)
  if (!state.view.browser) return null
  const choose = (kind: PhoneView['kind']): void => {
    setBusy(true)
    call('choosePhone', { body: { kind } }).then(phone.show, (error: unknown) => { void message.error(textOfError(error, language, text)) }).finally(() => setBusy(false))
  }
  return (
    <Tooltip title={text.phone.chooseHint} mouseEnterDelay={0.8}>
      <div className="ld-phone-choice" data-phone-line={state.view.kind === 'browser' ? state.line : undefined}>
        <Segmented<PhoneView['kind']>
          aria-label={text.phone.label} disabled={disabled || busy} value={state.view.kind} onChange={choose}
          options={(['desk', 'browser'] as const).map((kind) => ({ value: kind, label: text.phone.kinds[kind] }))}
        />
        {state.view.kind === 'browser' && <span className={`ld-chip ${isThere(state) ? 'is-ready' : 'is-ring'}`}>{state.elsewhere ? text.phone.elsewhere : text.phone.lines[state.line]}</span>}
      </div>
    </Tooltip>
  )
}
