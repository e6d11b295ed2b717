import type { Locator } from 'playwright-core'
import type { Ticket } from '../../src/contracts/ticket.js'
import type { CallSpec, PlacedCall } from '../../src/pbx/exchange/exchange.js'
import { until } from './database.js'
import { atRest, endTalk, lift, type Seat } from './desk-world.js'

/** What people do at the desk's pages in a story: by mouse and keys, as they find them. */
export interface Complaint { readonly number: string; /** As somebody types it into the field. */ readonly category: string; readonly place: string; readonly words: string; /** A unit by its code; left out: the one that is proposed. */ readonly unit?: string }

/** The citizen calls at the exchange, the operator answers, types what he hears, dispatches it, hangs up and leaves his seat. → the ticket's id */
export async function complaint(seat: Seat, call: (spec: CallSpec) => PlacedCall, { number, category, place, words, unit }: Complaint): Promise<string> {
  const { page } = seat
  await seat.press('F2')
  await seat.presence('ready')
  const placed = call({ number, verified: true })
  await lift(seat)
  await page.locator('.ld-work .ld-handling').waitFor()
  await page.locator('.ld-work textarea:focus').waitFor()
  await page.keyboard.type(words)
  await seat.press('Alt+KeyC')
  await page.keyboard.type(category)
  await seat.press('Enter')
  await page.locator('.ld-form .ant-select', { hasText: category }).first().waitFor()
  await seat.press('Alt+KeyP')
  await page.keyboard.type(place)
  await seat.press('Alt+KeyK', '4')
  await page.locator('.ld-kind input[value="joint-service"]:checked').waitFor()
  if (unit === undefined) {
    await page.locator('.ld-work [data-proposed]').click()
    await page.locator('.ld-work [data-proposed][aria-pressed="true"]').waitFor()
  } else {
    await seat.press('Alt+KeyU')
    await page.keyboard.type(unit)
    await page.locator('.ld-unit-option').first().waitFor()
    await seat.press('Enter')
  }
  await seat.press('Alt+KeyG')
  await page.locator('.ld-work [data-ticket-state="dispatched"]').waitFor()
  await endTalk(seat)
  await until('the citizen to be gone', () => placed.ended)
  return placed.callId
}

/** At a unit's terminal: its ticket, out of the list. @param tab what is new, or what is worked on */
export async function openTicket({ page }: Seat, id: string, tab: 'fresh' | 'doing' = 'fresh'): Promise<void> {
  await page.locator(`.ld-unit-list [data-tab="${tab}"]`).click()
  await page.locator(`.ld-unit-list [data-ticket="${id}"]`).first().click()
  await page.locator('.ld-unit-ticket [data-ticket-number]').waitFor()
}

/** The ticket's page shows that it stands there: what is legal is drawn by it. */
export const shows = ({ page }: Seat, state: Ticket['state']): Promise<void> => page.locator(`[data-ticket-state="${state}"]`).first().waitFor()

/** In the hall: the page of one ticket. */
export async function goTo({ page }: Seat, url: string, id: string): Promise<void> {
  await page.goto(`${url}/#/tickets/${id}`)
  await page.locator('.ld-detail [data-ticket-number]').waitFor()
}

/** A form of an act: opened by its button, filled and sent. What is refused stays open. @param menu it stands among “more” */
export async function act({ page }: Seat, name: string, fill: (form: Locator) => Promise<void>, menu?: 'menu'): Promise<void> {
  if (menu !== undefined) await page.locator('[data-more]').click()
  const button = page.locator(menu === undefined ? `button[data-act="${name}"]` : `.ant-dropdown [data-act="${name}"]`)
  await button.click()
  const form = page.locator('.ld-act-form')
  await form.locator('.ant-modal-footer .ant-btn-primary').waitFor()
  // A list that is opened while the menu still closes, or the form still grows, may be closed with it.
  if (menu !== undefined) await button.waitFor({ state: 'hidden' })
  await atRest(page, '.ld-act-form')
  await fill(form)
  await form.locator('.ant-modal-footer .ant-btn-primary').click()
}

/** The form is gone: it was done. */
export const done = ({ page }: Seat): Promise<void> => page.locator('.ld-act-form').waitFor({ state: 'detached' })
/** … or it was not, and is put away. */
export async function cancel(seat: Seat): Promise<void> {
  await seat.page.locator('.ld-act-form .ant-modal-footer .ant-btn').first().click()
  await done(seat)
}
export const note = (words: string) => async (form: Locator): Promise<void> => { await form.locator('textarea').fill(words) }
/** A choice that stands there as a word, and what is said with it. */
export const choice = (word: string, words: string) => async (form: Locator): Promise<void> => { await form.getByText(word, { exact: true }).first().click(); await note(words)(form) }
/** Cites a rule of duty. */
export const citing = ({ page }: Seat, code: string, words: string) => async (form: Locator): Promise<void> => {
  await form.locator('.ant-select').last().click()
  await page.locator('.ant-select-item-option', { hasText: code }).first().click()
  await note(words)(form)
}
