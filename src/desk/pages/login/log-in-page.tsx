import { BulbOutlined, GlobalOutlined, MoonOutlined } from '@ant-design/icons'
import { Alert, Button, Form, Input, type InputRef } from 'antd'
import { useEffect, useRef, useState } from 'react'
import type { PracticeLogin } from '../../../contracts/routes/practice.js'
import type { Self } from '../../../contracts/people.js'
import { call } from '../../api/endpoints.js'
import { isSigningOut, signOut, useSignOutFailed } from '../../api/sign-out.js'
import { textOfError } from '../../api/error-text.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { prefer, usePreferences } from '../../store/preferences.js'
import { Brand } from '../../widgets/brand.js'

interface Typed { readonly loginName: string; readonly password: string }

/** Name and password; on a practice exchange the practice people are one click away. */
export function LogInPage({ lost, onEnter }: { readonly lost: boolean; readonly onEnter: (self: Self) => void }) {
  const text = useText()
  const language = useLanguage()
  const { face } = usePreferences()
  const password = useRef<InputRef>(null)
  const unsaid = useSignOutFailed()
  const [busy, setBusy] = useState<string | null>(null)
  const [problem, setProblem] = useState<unknown>(null)
  const [practice, setPractice] = useState<readonly PracticeLogin[]>([])

  useEffect(() => {
    // At a real PBX there are none.
    call('practiceLogins', {}).then(({ logins }) => setPractice(logins), () => undefined)
  }, [])

  useEffect(() => {
    // Typed over at once: a wrong password is not corrected but written anew.
    if (problem === null || busy !== null) return
    password.current?.focus({ cursor: 'all' })
  }, [problem, busy])

  const enter = ({ loginName, password: secret }: Typed): void => {
    setBusy(loginName)
    setProblem(null)
    // What ends the session before this one must not come after it.
    const left = isSigningOut() ? signOut() : Promise.resolve()
    left.then(() => call('logIn', { body: { loginName, password: secret } })).then(onEnter, setProblem).finally(() => setBusy(null))
  }

  return (
    <div className="ld-login">
      <div className="ld-login-corner">
        <Button type="text" icon={face === 'dark' ? <BulbOutlined /> : <MoonOutlined />} onClick={() => prefer({ face: face === 'dark' ? 'light' : 'dark' })}>{face === 'dark' ? text.face.light : text.face.dark}</Button>
        <Button type="text" className="ld-language" icon={<GlobalOutlined />} onClick={() => prefer({ language: language === 'en' ? 'zh-CN' : 'en' })}>{language === 'en' ? '中文' : 'English'}</Button>
      </div>
      <section className={`ld-login-card${practice.length > 0 ? ' has-practice' : ''}`}>
        <div className="ld-login-form">
          <Brand large />
          <p className="ld-login-line">{text.productLine}</p>
          {unsaid && <Alert type="warning" showIcon title={text.logIn.unsaid} description={text.logIn.unsaidLater} role="alert" />}
          {lost && <Alert type="warning" showIcon title={text.logIn.ended} description={text.logIn.again} />}
          <Form<Typed> layout="vertical" requiredMark={false} onFinish={enter} disabled={busy !== null} size="large">
            <Form.Item name="loginName" label={text.logIn.loginName} rules={[{ required: true, whitespace: true, message: text.logIn.needsName }]}>
              <Input autoFocus autoComplete="username" maxLength={32} spellCheck={false} />
            </Form.Item>
            <Form.Item name="password" label={text.logIn.password} rules={[{ required: true, message: text.logIn.needsPassword }]}>
              <Input.Password ref={password} autoComplete="current-password" maxLength={200} />
            </Form.Item>
            {problem !== null && <Alert type="error" showIcon title={textOfError(problem, language, text)} role="alert" />}
            <Button type="primary" htmlType="submit" block loading={busy !== null}>{text.logIn.submit}</Button>
          </Form>
          <p className="ld-login-ask"><a href="#/ask">{text.ask.link}</a></p>
        </div>
        {practice.length > 0 && (
          <aside className="ld-login-practice">
            <h2>{text.logIn.practice}</h2>
            <p className="ld-faint">{text.logIn.practiceHint}</p>
            <ul>
              {practice.map((login) => (
                <li key={login.loginName}>
                  <button type="button" disabled={busy !== null} onClick={() => enter(login)}>
                    <span className={`ld-role-dot is-${login.role}`} aria-hidden="true" />
                    <strong>{login.displayName}</strong>
                    <span>{text.roles[login.role]}</span>
                    <code>{login.loginName}</code>
                  </button>
                </li>
              ))}
            </ul>
          </aside>
        )}
      </section>
    </div>
  )
}
