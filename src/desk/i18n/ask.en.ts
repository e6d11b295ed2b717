import type { askZhCN } from './ask.zh-CN.js'

export const askEn: typeof askZhCN = {
  title: 'How my request stands', hint: 'Ask by the ticket number and the telephone number from which you called 110.',
  number: 'Ticket number', phone: 'Number you called from', submit: 'Ask', needed: 'Enter the ticket number (digits) and the telephone number.',
  state: 'Now', opened: 'Received', unit: 'Handled by', due: 'Expected by', closed: 'Closed', report: 'What the unit says',
  again: 'If you are not satisfied, call 110 again with this number.', desk: 'Staff log-in', link: 'Citizens: how my request stands',
}
