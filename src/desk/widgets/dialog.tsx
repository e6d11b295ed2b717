import { Modal, type ModalProps } from 'antd'
import { useRef } from 'react'

/** Fields that are typed into or chosen with the arrows; of radio buttons the one that is on. */
const FIELDS = 'input[type="radio"]:checked, input:not([type="radio"], [type="checkbox"], [type="file"]), textarea'

/** Puts the focus in the first field of a dialog that has come into view: not on the button that closes it, where the dialog itself would put it. */
export function focusFirst(inside: HTMLElement | null): void {
  if (inside?.contains(document.activeElement) !== true) inside?.querySelector<HTMLElement>(FIELDS)?.focus()
}

/** A dialog that asks for something: its first field has the focus, whether it grows into view or, for who wants less motion, is there at once (`autoFocus` comes too early then). */
export function Dialog({ children, ...props }: Omit<ModalProps, 'afterOpenChange'>) {
  const body = useRef<HTMLDivElement>(null)
  return (
    <Modal {...props} afterOpenChange={(open) => { if (open) focusFirst(body.current) }}>
      <div ref={body}>{children}</div>
    </Modal>
  )
}
