import { Spin } from 'antd'
import { useText } from '../i18n/language.js'
import { useLasting } from '../store/use-lasting.js'

/** Shown while it is not known who is signed in; says so when the server is slow, or is not there. */
export function Splash({ unreachable = false }: { readonly unreachable?: boolean }) {
  const text = useText()
  const slow = useLasting(true, 2_500)
  return (
    <div className="ld-splash" role="status">
      <Spin />
      <span>{unreachable ? text.logIn.unreachable : slow ? text.logIn.slow : text.loading}</span>
    </div>
  )
}
