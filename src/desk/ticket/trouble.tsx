import { Button } from 'antd'
import { Fragment, useEffect, useRef } from 'react'
import { textOfError } from '../api/error-text.js'
import { ApiError } from '../api/endpoints.js'
import { useLanguage, useText } from '../i18n/language.js'
import { Keys } from '../shell/shortcut-help.js'
import { isTyping, useShortcut } from '../shell/shortcuts.js'
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
  const panel = useRef<HTMLDivElement>(null)
  const decidable = trouble?.type === 'conflict' && trouble.theirs !== null
  const conflict = trouble?.type === 'conflict'
  useShortcut('keepMine', () => keeper.keepMine(ticketId), decidable)
  useShortcut('takeTheirs', () => keeper.takeTheirs(ticketId), decidable)
  // Read out and reached at once, unless he is in the middle of a word: the keys work from anywhere.
  useEffect(() => { if (conflict && !isTyping(document.activeElement)) panel.current?.focus() }, [conflict])
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
    <div className="ld-trouble" role="alert" ref={panel} tabIndex={-1}>
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
        <Button size="small" type="primary" disabled={theirs === null} onClick={() => keeper.keepMine(ticketId)}>{text.save.mine}<Keys name="keepMine" /></Button>
        <Button size="small" disabled={theirs === null} onClick={() => keeper.takeTheirs(ticketId)}>{text.save.theirs}<Keys name="takeTheirs" /></Button>
      </div>
    </div>
  )
}
