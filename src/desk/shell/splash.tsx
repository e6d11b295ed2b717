import { Spin } from 'antd'
import { useEffect, useState } from 'react'
import { useText } from '../i18n/language.js'

/** Shown while it is not known who is signed in; says so when the server does not answer. */
export function Splash() {
  const text = useText()
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), 2_500)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div className="ld-splash" role="status">
      <Spin />
      <span>{slow ? text.logIn.unreachable : text.loading}</span>
    </div>
  )
}
