import type { FlowProblem } from '../../../contracts/flow.js'
import { useLanguage } from '../../i18n/language.js'

const MOST = 30

/** Problems as the terminal shows them: the place, the line, what is underlined, why it matters, the remedy. */
export function FlowProblems({ problems }: { readonly problems: readonly FlowProblem[] }) {
  const language = useLanguage() === 'en' ? 'en' : 'zh'
  return (
    <ol className="ld-flow-problems">
      {problems.slice(0, MOST).map(({ file, line, col, length, code, problem, why, remedy, excerpt, excerptFrom = 1 }) => (
        <li key={`${file}:${line}:${col}:${code}`}>
          <code>{file}:{line}:{col}</code>
          <strong>{problem[language]}</strong>
          {excerpt !== '' && <pre>{excerptFrom > 1 && '… '}{excerpt.slice(0, col - excerptFrom)}<mark>{excerpt.slice(col - excerptFrom, col - excerptFrom + length)}</mark>{excerpt.slice(col - excerptFrom + length)}</pre>}
          <span className="ld-soft">{why[language]}</span>
          <span>{remedy[language]}</span>
        </li>
      ))}
      {problems.length > MOST && <li>… {problems.length - MOST}</li>}
    </ol>
  )
}
