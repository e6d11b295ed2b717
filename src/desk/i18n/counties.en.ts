import type { countiesZhCN } from './counties.zh-CN.js'

export const countiesEn: typeof countiesZhCN = {
  title: 'County terminals', here: (units) => units || 'County terminal', hereHint: 'This desk is a county terminal: it works on the tickets that the city gives to these units.', notJoined: 'Not joined to a city yet: liandong county join',
  up: 'Up', down: 'Line cut', never: 'never heard of', since: (time) => `last heard ${time}`,
  waiting: (count) => `${count} waiting`,
  skewed: (seconds) => `clock off by ${seconds} s`,
  trouble: 'a message is in trouble; see the log',
  conflict: 'Conflict',
  city: 'Done at the city', county: 'Done in the county',
  hint: 'Both sides worked on this ticket while the line was cut. Whatever is decided, both stay in its history.',
  openTicket: 'Open the ticket',
  takeCity: 'The city’s stands', takeCounty: 'The county’s counts', paper: (by) => `(from paper, by ${by})`,
  provisional: 'Provisional', provisionalHint: 'The line is cut: counted by what is known here; the city’s word comes with the line.',
  note: 'Why', notYours: 'A supervisor, or the person named for it, decides.', decided: 'Decided',
  bannerDown: 'The line to the city is cut', bannerHint: 'Sign, work and report as always; it is told when the line is back. What comes by telephone or radio goes on paper first and is entered afterwards.',
  bannerWaiting: (count) => `${count} to be told`,
}
