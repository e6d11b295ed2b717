import { Button } from 'antd'
import { Component, type ReactNode } from 'react'
import { useText } from '../i18n/language.js'

function Crashed() {
  const text = useText()
  return (
    <div className="ld-splash" role="alert">
      <span>{text.trouble.crashed}</span>
      <Button type="primary" onClick={() => window.location.reload()}>{text.trouble.reload}</Button>
    </div>
  )
}

/** A page that throws must not take the top bar, the socket and the unsaved text with it. */
export class Guard extends Component<{ readonly children: ReactNode }, { readonly failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true }
  }

  override render(): ReactNode {
    return this.state.failed ? <Crashed /> : this.props.children
  }
}
