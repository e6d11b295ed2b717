import { Modal } from 'antd'
import { useText } from '../i18n/language.js'
import { usePhone } from '../phone/use-phone.js'
import { useDesk, useDeskState } from '../store/desk.js'
import { SHORTCUTS, type ShortcutName } from './shortcuts.js'

const GROUPS = {
  call: ['ready', 'answer', 'decline', 'hangUp', 'endWrapUp'],
  talk: ['hold', 'mute', 'phoneBook', 'conference', 'complete', 'drop'],
  form: ['kind', 'category', 'callerName', 'place', 'description', 'callBack', 'saveNow', 'keepMine', 'takeTheirs'],
  act: ['unit', 'dispatch', 'outcome', 'settle', 'caller', 'history', 'log'],
  desk: ['seatPage', 'talks', 'help'],
} as const satisfies Record<string, readonly ShortcutName[]>

/** A telephone is needed. */
const AT_SEAT: ReadonlySet<string> = new Set(['call', 'talk'])

/** `Alt+K` as keys on a keyboard. */
export function Keys({ name }: { readonly name: ShortcutName }) {
  return <span className="ld-keys">{SHORTCUTS[name].split('+').map((key) => <kbd key={key}>{key}</kbd>)}</span>
}

/** The list that `?` shows: the keys that do something for this person. */
export function ShortcutHelp({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const text = useText()
  const { self, hasSeat } = useDesk()
  const watches = self.role === 'supervisor' || self.role === 'admin'
  const practice = useDeskState((state) => state.practice)
  const { view } = usePhone()
  return (
    <Modal open={open} onCancel={onClose} footer={null} title={text.keys.title} width={720} style={{ top: 24 }} destroyOnHidden>
      <div className="ld-shortcuts" tabIndex={0}>
        {(Object.keys(GROUPS) as (keyof typeof GROUPS)[]).filter((group) => group === 'desk' || (AT_SEAT.has(group) ? hasSeat : self.role !== 'unit')).map((group) => (
          <section key={group}>
            <h3>{text.keys.groups[group]}</h3>
            <dl>
              {GROUPS[group].filter((name) => (practice || view.kind === 'browser' || (name !== 'answer' && name !== 'decline')) && (hasSeat || (name !== 'seatPage' && name !== 'history' && name !== 'caller')) && (watches || name !== 'talks')).map((name) => (
                <div key={name}>
                  <dt>{name === 'help' ? <><Keys name="help" /> <span className="ld-keys"><kbd>?</kbd></span></> : <Keys name={name} />}</dt>
                  <dd>{text.keys[name]}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p className="ld-faint">{text.keys.note}</p>
    </Modal>
  )
}
