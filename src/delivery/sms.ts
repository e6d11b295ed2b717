import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { NOT_MOBILE, type Channel, type Sending } from './ports.js'

/** A city's way to send text messages: one adapter for each provider. Resolves once the provider has taken it over. */
export interface SmsGateway { send(message: { readonly id: string; readonly to: string; readonly text: string }): Promise<void> }

/** The default: one line of JSON for each message, fsynced, for a program of the city to pick up. */
export function makeSmsFile(file: string, clock: () => number): SmsGateway {
  return {
    send({ id, to, text }) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      const descriptor = openSync(file, 'a', 0o600)
      try {
        writeSync(descriptor, `${JSON.stringify({ id, to, text, at: new Date(clock()).toISOString() })}\n`)
        fsyncSync(descriptor)
      } finally {
        closeSync(descriptor)
      }
      return Promise.resolve()
    },
  }
}

/** Mainland mobile numbers, with or without the country's; other numbers cannot read. */
const MOBILE = /^(?:\+?86)?(1[3-9]\d{9})$/
/** Two concatenated messages of UCS-2 would be cut in the middle of a sentence beyond this. */
const LONGEST = 500

/** Text messages by a gateway; only to mobile numbers. */
export function makeSms(gateway: SmsGateway): Channel {
  return {
    async send({ id, address, body, english }): Promise<Sending> {
      const to = MOBILE.exec(address)?.[1]
      if (to === undefined) return { type: 'never', why: NOT_MOBILE }
      try {
        await gateway.send({ id, to, text: body.text[english ? 'en' : 'zh'].slice(0, LONGEST) })
        return { type: 'sent' }
      } catch (error) {
        return { type: 'again', why: (error as Error).message }
      }
    },
  }
}
