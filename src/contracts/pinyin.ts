/** The first character of each initial in the order of pinyin, as Unicode's collation for Chinese has it (CLDR, `zh-u-co-pinyin`). */
const FIRST = '阿八嚓哒妸发旮哈讥咔垃妈拏噢妑七呥仨它穵夕丫帀'
const LETTERS = 'abcdefghjklmnopqrstwxyz'
const order = new Intl.Collator('zh-u-co-pinyin')
/** Characters whose reading in names of this country's places is not the one that the collation has. */
const READ: Readonly<Record<string, string>> = { 重: 'c', 厦: 'x', 乐: 'l', 行: 'h', 长: 'c', 大: 'd', 都: 'd', 涧: 'j', 瀍: 'c', 洛: 'l' }

/** The initial of a character's pinyin; a Latin letter or digit is itself; anything else is nothing. */
export function initialOf(character: string): string {
  if (/[a-z0-9]/i.test(character)) return character.toLowerCase()
  if (!/\p{Script=Han}/u.test(character)) return ''
  const known = READ[character]
  if (known !== undefined) return known
  let at = -1
  for (const first of FIRST) { if (order.compare(character, first) < 0) break; at += 1 }
  return LETTERS[at] ?? ''
}

/** `开元大道 128` → `kydd128`. */
export const initialsOf = (text: string): string => [...text].map(initialOf).join('')

/** Initials from each character on, so that the middle of a name is found by them too. */
export function initialWords(name: string): string {
  const initials = initialsOf(name).slice(0, 40)
  return [...new Set([...initials].map((_, at) => initials.slice(at)).filter((word) => word.length > 1))].join(' ')
}
