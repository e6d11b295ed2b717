import { GlobalOutlined } from '@ant-design/icons'
import { Alert, Button, Form, Input } from 'antd'
import { useState } from 'react'
import { TICKET_NUMBER, type Answer } from '../../../contracts/routes/citizen.js'
import { call } from '../../api/endpoints.js'
import { textOfError } from '../../api/error-text.js'
import { setTimeZone, stampOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { prefer } from '../../store/preferences.js'
import { Brand } from '../../widgets/brand.js'
import { dialledOf, plainOf } from '../../widgets/plain.js'

interface Typed { readonly number: string; readonly phone: string }

/** The citizen’s page: what became of his request, by its number and the number that he called from. Nobody signs in for it. */
export function AskPage() {
  const text = useText()
  const words = text.ask
  const language = useLanguage()
  const [answer, setAnswer] = useState<Answer | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const said = language === 'en' ? 'en' : 'zh'
  const ask = (typed: Partial<Typed>): void => {
    const [number, phone] = [plainOf(typed.number ?? '').replace(/[^0-9a-z-]/gi, '').toUpperCase(), dialledOf(typed.phone ?? '')]
    setAnswer(null)
    if (!new RegExp(TICKET_NUMBER).test(number) || !/^\+?[0-9]{3,20}$/.test(phone)) return setProblem(words.needed)
    setBusy(true)
    setProblem(null)
    call('ask', { query: { number, phone } }).then((found) => { setTimeZone(found.timeZone); setAnswer(found) }, (error: unknown) => setProblem(textOfError(error, language, text))).finally(() => setBusy(false))
  }
  const when = (at: number): string => stampOf(at, Date.now(), text)
  return (
    <main className="ld-login">
      <div className="ld-login-corner">
        <Button type="text" href="#/">{words.desk}</Button>
        <Button type="text" className="ld-language" icon={<GlobalOutlined />} onClick={() => prefer({ language: language === 'en' ? 'zh-CN' : 'en' })}>{language === 'en' ? '中文' : 'English'}</Button>
      </div>
      <section className="ld-login-card">
        <div className="ld-login-form">
          <Brand large />
          <h1 className="ld-ask-title">{words.title}</h1>
          <p className="ld-faint">{words.hint}</p>
          <Form<Typed> layout="vertical" requiredMark={false} onFinish={ask} disabled={busy} size="large">
            <Form.Item name="number" label={words.number}><Input maxLength={20} autoComplete="off" /></Form.Item>
            <Form.Item name="phone" label={words.phone}><Input inputMode="tel" maxLength={24} autoComplete="tel" /></Form.Item>
            {problem !== null && <Alert type="error" showIcon title={problem} role="alert" />}
            <Button type="primary" htmlType="submit" block loading={busy}>{words.submit}</Button>
          </Form>
          {answer !== null && (
            <dl className="ld-ask-answer" role="status" data-asked={answer.number}>
              <div><dt>{words.state}</dt><dd><strong>{answer.state[said]}</strong></dd></div>
              <div><dt>{words.opened}</dt><dd>{when(answer.openedAt)}</dd></div>
              {answer.unit !== null && <div><dt>{words.unit}</dt><dd>{answer.unit[said] || answer.unit.zh}</dd></div>}
              {answer.closedAt === null && answer.dueAt !== null && <div><dt>{words.due}</dt><dd>{when(answer.dueAt)}</dd></div>}
              {answer.closedAt !== null && <div><dt>{words.closed}</dt><dd>{when(answer.closedAt)}</dd></div>}
              {answer.report !== null && <div><dt>{words.report}</dt><dd>{answer.report}</dd></div>}
              {answer.closedAt !== null && <p className="ld-faint">{words.again}</p>}
            </dl>
          )}
        </div>
      </section>
    </main>
  )
}
