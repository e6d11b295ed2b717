import { LiandongError } from '../../contracts/errors.js'
import type { PHONE_ROUTES } from '../../contracts/routes/phones.js'
import type { BrowserPhones } from '../../people/browser-phones.js'
import type { HandlersOf } from '../app.js'
import { tokenOf } from '../session.js'

export interface PhoneDeps { readonly browserPhones: BrowserPhones }

/** The own telephone. */
export const phoneHandlers = ({ browserPhones }: PhoneDeps): HandlersOf<typeof PHONE_ROUTES> => ({
  phone: ({ self }) => browserPhones.view(self),
  choosePhone: ({ self, body }) => browserPhones.choose(self, body.kind),
  async phoneSecret({ self, request }) {
    const token = tokenOf(request)
    if (token === undefined) throw new LiandongError('auth.required')
    return browserPhones.draw(self, token)
  },
})
