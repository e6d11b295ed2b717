import type { SwitchEvent } from '../intake/ports.js'
import type { EslLink } from './esl/link.js'
import type { OnRefused } from './esl/refused.js'

type PhoneEvent = Extract<SwitchEvent, { type: 'phone.registered' | 'phone.unregistered' }>

const EXTENSION = /^[0-9]{2,8}$/
/** Whether this names an operator's telephone: two to eight digits. */
export const isExtension = (text: string): boolean => EXTENSION.test(text)

export interface RegistrationsDeps {
  readonly link: () => Pick<EslLink, 'api'>
  readonly report: (event: PhoneEvent) => void
  readonly onRefused: OnRefused
  /** ms since epoch. */
  readonly clock: () => number
}

/** Which telephones are registered: what was said while the link was down is asked for when it is back. */
export interface Registrations {
  has(extension: string): boolean
  /** An event of FreeSWITCH, as it is reported. */
  take(event: PhoneEvent): void
  /** The link is up. `restarted`: FreeSWITCH is another one, whose list is empty while the registrations in its database still count. */
  up(restarted: boolean): void
}

/**
 * Reads `show registrations` (mod_commands.c, core table `registrations`) at each link-up. Whatever is there is reported as there; only a telephone that this FreeSWITCH had before and
 * has no more is reported as gone: an extension that never registers (a telephone at a fixed address) is none of this list's business.
 */
export function makeRegistrations({ link, report, onRefused, clock }: RegistrationsDeps): Registrations {
  const registered = new Set<string>()
  /** Extensions of which an event spoke since the list was asked for: the event is newer. */
  let spoken: Set<string> | null = null

  async function look(): Promise<void> {
    const newer = new Set<string>()
    spoken = newer
    const { text } = await link().api({ api: 'show', what: 'registrations' })
    if (spoken !== newer) return
    spoken = null
    const now = registrationsOf(text)
    if (now === null) return onRefused('show registrations: not understood', null)
    const at = clock()
    // Known or not: somebody else (a desk with a telephone in the browser) may have said meanwhile that it is gone.
    for (const extension of new Set([...now, ...registered])) {
      if (!newer.has(extension)) tell({ type: now.has(extension) ? 'phone.registered' : 'phone.unregistered', extension, at })
    }
  }

  function tell(event: PhoneEvent): void {
    if (event.type === 'phone.registered') registered.add(event.extension)
    else registered.delete(event.extension)
    report(event)
  }

  return {
    has: (extension) => registered.has(extension),
    take(event) {
      spoken?.add(event.extension)
      tell(event)
    },
    up(restarted) {
      if (restarted) registered.clear()
      // A link that falls meanwhile settles the command with an error; the next link-up asks anew.
      look().catch(() => undefined)
    },
  }
}

/** The extensions in the reply to `show registrations as json`; null when it is no such reply. An empty list comes without `rows`. */
export function registrationsOf(text: string): ReadonlySet<string> | null {
  try {
    const { row_count: count, rows = [] } = JSON.parse(text) as { row_count?: unknown; rows?: { reg_user?: unknown }[] }
    if (typeof count !== 'number' || !Array.isArray(rows) || rows.length !== count) return null
    return new Set(rows.flatMap(({ reg_user: user }) => (typeof user === 'string' && isExtension(user) ? [user] : [])))
  } catch {
    return null
  }
}
