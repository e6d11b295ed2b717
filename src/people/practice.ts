import { randomBytes } from 'node:crypto'
import type { NewPerson } from './people.js'

/** Practice log-ins: they exist only while the practice exchange runs. */
export const PRACTICE_PEOPLE: readonly NewPerson[] = [
  ...['李晓梅', '王建国', '张雨晴', '赵志强', '陈思远', '刘海燕'].map((displayName, index): NewPerson => ({
    loginName: `op${index + 1}`, displayName, role: 'operator', extension: String(1001 + index), practice: true,
    skills: index === 4 ? ['power-repair', 'water', 'gas', 'live-wire'] : index === 5 ? ['wage-claim', 'ride-dispute'] : [],
  })),
  { loginName: 'sup1', displayName: '值班长 周明', role: 'supervisor', extension: '1009', practice: true },
  { loginName: 'unit1', displayName: '市政设施管理处 值班员', role: 'unit', unitId: 'municipal-works', practice: true },
  { loginName: 'admin', displayName: '系统管理员', role: 'admin', practice: true },
  // Somebody who approves what the first one publishes.
  { loginName: 'admin2', displayName: '系统管理员 二', role: 'admin', practice: true },
]

/** Invented people of the unit for which somebody may sign in: whom it gives its tickets to. They have no log-in. */
export const PRACTICE_COLLEAGUES: readonly NewPerson[] = [['unit1-a', '抢修一班 孙立军'], ['unit1-b', '抢修二班 马东'], ['unit1-c', '巡查员 何秀英']].map(([loginName = '', displayName = '']) => ({ loginName, displayName, role: 'unit', unitId: 'municipal-works', practice: true }))

/** A password that can be typed from a terminal: three groups of four, no look-alikes. */
export function practicePassword(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789'
  return [...randomBytes(12)].map((byte, index) => `${index > 0 && index % 4 === 0 ? '-' : ''}${alphabet[byte % alphabet.length] ?? ''}`).join('')
}
