import { Checkbox, Input } from 'antd'
import type { ReactNode } from 'react'
import { instantOf, whenOf } from '../i18n/format.js'
import { useText } from '../i18n/language.js'
import type { useDesk } from '../store/desk.js'
import { DayInput } from '../widgets/day-input.js'

/** An act as the outbox takes it. */
export type Order = Parameters<ReturnType<typeof useDesk>['keeper']['act']>[1]

/** A labelled line of the form of an act. */
export function Line({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return <div className="ld-act-line"><span className="ld-label">{label}</span>{children}</div>
}

export interface PaperEntry { readonly at: string; readonly by: string }

/** → what an act carries; null: it does not say when, or by whom. */
export function readPaper({ at, by }: PaperEntry): { doneAt: number; by: string } | null {
  const instant = instantOf(at)
  return instant === null || by.trim() === '' ? null : { doneAt: instant, by: by.trim() }
}

/** It was done and written on paper while nothing else worked: when, and by whom. `always`: the form is of nothing else. */
export function PaperLine({ paper, now, always = false, onChange }: { readonly paper: PaperEntry | null; readonly now: number; readonly always?: boolean; readonly onChange: (paper: PaperEntry | null) => void }) {
  const text = useText()
  const words = text.unit.paper
  return (
    <>
      <Line label={words.title}><Checkbox checked={paper !== null} disabled={always} onChange={({ target }) => onChange(target.checked ? { at: '', by: '' } : null)}>{words.hint}</Checkbox></Line>
      {paper !== null && (
        <>
          <Line label={words.at}><DayInput minutes name={words.at} value={paper.at} onChange={(at) => onChange({ ...paper, at })} /></Line>
          <Line label={words.by}><Input value={paper.by} maxLength={64} aria-label={words.by} onChange={({ target }) => onChange({ ...paper, by: target.value })} /></Line>
          <p className="ld-faint">{words.stands(whenOf(now, now, text))}</p>
        </>
      )}
    </>
  )
}
