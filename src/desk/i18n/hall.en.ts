import type { hallZhCN } from './hall.zh-CN.js'

export const hallEn: typeof hallZhCN = {
  more: 'More', asReported: 'Close as reported',
  proposed: 'Proposed', assist: 'Assists', safe: 'Makes it safe first', considered: (count) => `${count} more considered`, nobody: 'No rule of duty, and no unit that lists this category.',
  duplicates: (count) => `${count} perhaps about the same`,
  how: 'Told by', hows: { phone: 'Telephone', radio: 'Radio', paper: 'Paper' },
  whom: 'Which unit was told', deliverHint: 'The unit was told by word or on paper: its limits run from now, or from the time on the paper.',
  reportedBy: (unit) => `${unit} reports`, returnedBy: (unit) => `Returned by ${unit}`, citing: (duty) => `citing ${duty}`,
  redoHint: 'The unit works on it again; its limits run from when it hears of it.', stillSafe: 'The danger is still away: nobody needs to make it safe again', told: 'Who called is told this, too (text message and web page)',
  visited: 'The citizen is', visits: { 'satisfied': 'Satisfied', 'partly': 'Partly satisfied', 'not-satisfied': 'Not satisfied', 'unreachable': 'Not reached' },
  asked: (unit, until) => `${unit} asks for time until ${until}`, granted: 'Answer', grants: { yes: 'Granted', no: 'Refused' },
  protectHint: 'Decides how much of the complainant units, messages and public answers show; say in the note whose wish it is. Only a supervisor shows more again, for a reason that the audit keeps.',
  level: 'Priority', hazard: 'Hazard: to be made safe first',
  unit: 'Unit', reference: 'Their reference', into: 'Into which ticket (number, telephone or words)', intoNone: 'Nothing like it is open: type a number, a telephone or words.', intoNothing: 'No open ticket matches.', intoHint: 'It closes with the main ticket, and its caller is told as well.',
  standing: { title: 'Where it stands', hall: 'Hall', assist: 'Assisting', and: ', ', into: 'Merged into', incident: 'Incident', members: (count) => `${count} merged into it: ${count + 1} calls with its own`, more: (count) => `${count} more`, elsewhere: 'What they said is kept at the hall; ask there if you need it.' },
  dispute: { give: (unit) => `Give it to ${unit}`, helps: (unit) => `${unit} helps instead`, standDown: 'Help no longer wanted', upheld: (duty) => `Dispute accepted, by ${duty}`, hint: 'The unit reads why and goes on with the ticket; it may still return it by a rule.' },
  duty: 'Rule of duty', dutyNone: 'No rule names this unit.',
  needed: { note: 'Say what the matter is.', unit: 'Choose a unit.', duty: 'Choose a rule.', reference: 'Give their reference.', into: 'Choose a ticket.', body: 'Name the body and the day of the next step.' },
}
