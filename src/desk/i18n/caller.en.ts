import type { callerZhCN } from './caller.zh-CN.js'

export const callerEn: typeof callerZhCN = {
  edit: 'Note the caller',
  title: (number) => `Caller ${number}`,
  name: 'Name',
  address: 'Address',
  note: 'Note',
  deaf: 'Hard of hearing',
  deafHint: 'e.g. speak slowly',
  foreign: 'Foreign language',
  foreignHint: 'Which one; his next call is played in English',
  nuisance: 'Nuisance',
  nuisanceHint: 'Why, e.g. 41 silent calls in 30 days',
  score: 'Score',
  warns: 'These warn and never block; they are shown when he calls next. Every change goes into the audit.',
  last: (who, when) => `Last changed by ${who}, ${when}`,
  imported: 'an import',
  save: 'Save',
  cancel: 'Cancel',
  saved: 'Noted; his next call shows it.',
}
