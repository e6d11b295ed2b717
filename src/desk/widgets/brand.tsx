import { useText } from '../i18n/language.js'

/** The mark: a line that becomes a pulse. */
export function Brand({ large = false }: { readonly large?: boolean }) {
  const text = useText()
  return (
    <div className={`ld-brand${large ? ' is-large' : ''}`}>
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="7" fill="var(--ld-accent)" />
        <path d="M6 18.5h6l2.6-8.5 4 13 2.4-4.5h5" fill="none" stroke="var(--ld-panel)" strokeWidth="2.6" strokeLinecap="round" strokeLinejoin="round" />
      </svg>
      <span className="ld-brand-name">{text.product}</span>
      <span className="ld-brand-number">110</span>
    </div>
  )
}
