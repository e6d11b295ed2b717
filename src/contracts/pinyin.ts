/** The first character of each initial in the order of pinyin, as Unicode's collation for Chinese has it (CLDR, `zh-u-co-pinyin`). */
const FIRST = '阿八嚓哒妸发旮哈讥咔垃妈拏噢妑七呥仨它穵夕丫帀'
const LETTERS = 'abcdefghjklmnopqrstwxyz'
const order = new Intl.Collator('zh-u-co-pinyin')
/** Characters whose reading in names of this country's places is not, or not only, the one that the collation has; the commonest in names first. */
const READ: Readonly<Record<string, string>> = {
  重: 'cz', 厦: 'xs', 乐: 'ly', 行: 'hx', 长: 'cz', 会: 'hk', 朝: 'zc', 调: 'td', 藏: 'cz', 车: 'cj', 校: 'xj', 解: 'jx', 曾: 'zc', 单: 'ds', 召: 'sz', 尉: 'wy', 盛: 'sc', 传: 'cz', 给: 'gj', 宿: 's', 大: 'd', 都: 'd', 涧: 'j', 瀍: 'c', 洛: 'l',
}
/** So many spellings of one name. */
const MOST_SPELLINGS = 16

/** The initials of a character's readings; a Latin letter or digit is itself; anything else is nothing. */
function initialsOfOne(character: string): string {
  if (/[a-z0-9]/i.test(character)) return character.toLowerCase()
  if (!/\p{Script=Han}/u.test(character)) return ''
  const known = READ[character]
  if (known !== undefined) return known
  let at = -1
  for (const first of FIRST) { if (order.compare(character, first) < 0) break; at += 1 }
  return LETTERS[at] ?? ''
}

/** A name by its initials: `开元大道 128` → `kydd128`; once for each way to read it, the commonest first: `建业大厦` → `jydx`, `jyds`. */
export function spellingsOf(text: string): readonly string[] {
  let spellings = ['']
  for (const character of text) {
    const initials = initialsOfOne(character)
    if (initials === '') continue
    const first = initials.slice(0, 1)
    spellings = spellings.length * initials.length > MOST_SPELLINGS ? spellings.map((before) => before + first) : [...initials].flatMap((initial) => spellings.map((before) => before + initial))
  }
  return spellings
}

/** Initials from each character on, so that the middle of a name is found by them too. */
export function initialWords(name: string): string {
  const words = spellingsOf(name).map((one) => one.slice(0, 40)).flatMap((initials) => [...initials].map((_, at) => initials.slice(at)))
  return [...new Set(words.filter((word) => word.length > 1))].join(' ')
}
