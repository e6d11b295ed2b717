import { LiandongError } from '../contracts/errors.js'
import type { Self } from '../contracts/people.js'
import type { PhoneSecret, PhoneView } from '../contracts/routes/phones.js'
import { tokenHashOf } from './people.js'
import { newBrowserSecret, REALM } from './phones.js'

/** What telephones in the browser need of the database. */
export interface BrowserPhoneStore {
  inBrowser(personId: string): Promise<boolean>
  /** Audited when it changes something. */
  choose(personId: string, inBrowser: boolean): Promise<void>
  /** From now on this one registers, as long as the session lives; the one before it does so no more. False: he uses the telephone on the table. */
  draw(personId: string, tokenHash: Buffer, a1Hash: string): Promise<boolean>
}

export interface BrowserPhones {
  view(self: Self): Promise<PhoneView>
  /** Throws LiandongError `phone.no-browser` or `phone.no-extension`. */
  choose(self: Self, kind: PhoneView['kind']): Promise<PhoneView>
  /**
   * What the telephone of this session registers with, known to FreeSWITCH when this resolves. Each asking draws another one, so that the
   * browser need keep none. Throws LiandongError `phone.no-browser`, `phone.no-extension` or `phone.not-chosen`.
   */
  draw(self: Self, token: string): Promise<PhoneSecret>
}

export interface BrowserPhonesGiven {
  readonly store: BrowserPhoneStore
  /** Where browsers reach FreeSWITCH (`pbx.browserPhones`); empty: nowhere. */
  readonly url: string
  /** Tells FreeSWITCH of the change now. Never rejects. */
  readonly publish: () => Promise<void>
}

/** Telephones in the browser: who uses one, and what it registers with. */
export function makeBrowserPhones({ store, url, publish }: BrowserPhonesGiven): BrowserPhones {
  function extensionOf({ extension }: Self): string {
    if (url === '') throw new LiandongError('phone.no-browser')
    if (extension === undefined) throw new LiandongError('phone.no-extension')
    return extension
  }
  return {
    async view({ id, extension }) {
      const possible = url !== '' && extension !== undefined
      return { browser: possible, kind: possible && await store.inBrowser(id) ? 'browser' : 'desk' }
    },
    async choose(self, kind) {
      extensionOf(self)
      await store.choose(self.id, kind === 'browser')
      await publish()
      return { browser: true, kind }
    },
    async draw(self, token) {
      const extension = extensionOf(self)
      const a1Hash = newBrowserSecret()
      if (!await store.draw(self.id, tokenHashOf(token), a1Hash)) throw new LiandongError('phone.not-chosen')
      await publish()
      return { url, extension, domain: REALM, a1Hash }
    },
  }
}
