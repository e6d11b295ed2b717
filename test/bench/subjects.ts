import type { Bench } from './figure.js'

/** A new subject is one file and one line here. */
export const SUBJECTS: Readonly<Record<string, () => Promise<Bench>>> = {
  start: async () => (await import('./start.js')).bench,
  codec: async () => (await import('./codec.js')).bench,
  link: async () => (await import('./link.js')).bench,
  calls: async () => (await import('./calls.js')).bench,
  pop: async () => (await import('./pop.js')).bench,
  ticket: async () => (await import('./ticket.js')).bench,
  edge: async () => (await import('./edge.js')).bench,
  flow: async () => (await import('./flow.js')).bench,
  fanout: async () => (await import('./fanout.js')).bench,
  'flow-pbx': async () => (await import('./flow-pbx.js')).bench,
  menu: async () => (await import('./menu.js')).bench,
  dispatch: async () => (await import('./dispatch.js')).bench,
  pbx: async () => (await import('./pbx.js')).bench,
}
