import type { ReactNode } from 'react'

/** Nothing is here, and why that is: in the middle of its page. */
export function Empty({ icon, title, hint }: { readonly icon: ReactNode; readonly title: string; readonly hint?: string }) {
  return <div className="ld-nothing" role="status"><span aria-hidden="true">{icon}</span><strong>{title}</strong>{hint !== undefined && <p>{hint}</p>}</div>
}
