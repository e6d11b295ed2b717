import { Modal, type ModalProps } from 'antd'
import { useCallback, useRef } from 'react'

/** Fields that are typed into or chosen with the arrows; of radio buttons the one that is on. */
const FIELDS = 'input[type="radio"]:checked, input:not([type="radio"], [type="checkbox"], [type="file"]), textarea'

/** Puts the focus in the first field of a dialog that has come into view: not on the button that closes it, where the dialog itself would put it. */
export function focusFirst(inside: HTMLElement | null): void {
  if (inside?.contains(document.activeElement) !== true) inside?.querySelector<HTMLElement>(FIELDS)?.focus()
}

/**
 * A dialog that asks for something: its first field has the focus as soon as it is there, so that nothing is lost of what is typed at once; and, for who
 * wants less motion, when it is seen: `autoFocus` alone comes too early then.
 */
export function Dialog({ children, ...props }: Omit<ModalProps, 'afterOpenChange'>) {
  const body = useRef<HTMLDivElement | null>(null)
  const mounted = useCallback((node: HTMLDivElement | null) => {
    body.current = node
    focusFirst(node)
  }, [])
  return (
    <Modal {...props} afterOpenChange={(open) => { if (open) focusFirst(body.current) }}>
      <div ref={mounted}>{children}</div>
    </Modal>
  )
}
