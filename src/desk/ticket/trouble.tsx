import { Button } from 'antd'
import { Fragment } from 'react'
import { textOfError } from '../api/error-text.js'
import { ApiError } from '../api/endpoints.js'
import { useLanguage, useText } from '../i18n/language.js'
import { useDesk, useOutbox } from '../store/desk.js'
import { fieldName, valueText } from './value-text.js'

/** An edit that did not go in: both texts side by side, and the choice is the writer's. */
export function Trouble({ ticketId }: { readonly ticketId: string }) {
  const text = useText()
  const language = useLanguage()
  const { keeper, book } = useDesk()
  const box = useOutbox(ticketId)
  const trouble = box?.trouble
  const head = box?.acts[0]
  if (trouble?.type === 'refused') {
    return (
      <div className="ld-trouble" role="alert">
        <strong>{text.save.refused}</strong>
        <span>{textOfError(new ApiError(trouble.code, trouble.text, 409), language, text)}</span>
        <div className="ld-trouble-buttons"><Button size="small" onClick={() => keeper.discard(ticketId)}>{text.save.dismiss}</Button></div>
      </div>
    )
  }
  if (trouble?.type !== 'conflict' || head?.act !== 'edit') return null
  const { theirs, fields } = trouble
  return (
    <div className="ld-trouble" role="alert">
      <strong>{text.save.conflictTitle}</strong>
      <dl>
        {fields.map((field) => (
          <Fragment key={field}>
            <dt className="ld-soft">{fieldName(field, text)}</dt>
            <dd><span className="ld-faint">{text.save.minePrefix} </span>{valueText(field, head.changes[field], book, language, text)}</dd>
            <dd><span className="ld-faint">{text.save.theirsPrefix} </span>{theirs === null ? text.loading : valueText(field, theirs.fields[field], book, language, text)}</dd>
          </Fragment>
        ))}
      </dl>
      <div className="ld-trouble-buttons">
        <Button size="small" type="primary" disabled={theirs === null} onClick={() => keeper.keepMine(ticketId)}>{text.save.mine}</Button>
        <Button size="small" disabled={theirs === null} onClick={() => keeper.takeTheirs(ticketId)}>{text.save.theirs}</Button>
      </div>
    </div>
  )
}
