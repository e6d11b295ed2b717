/** Each syllable, without its tone, with the first character of it in the order of pinyin, as Unicode's collation for Chinese has it (CLDR, `zh-u-co-pinyin`); ü is written `v`. */
const SYLLABLES = `
  a吖 ai哎 an安 ang肮 ao凹 ba丷 bai挀 ban扳 bang邦 bao勹 bei卑 ben奔 beng伻 bi屄 bian边 biao灬 bie憋 bin汃 bing冫 bo癶 bu峬 ca嚓 cai偲 can参 cang仓 cao撡 ce冊 cen嵾 ceng曽 cha叉 chai拆 chan辿 chang伥 chao抄
  che车 chen抻 cheng阷 chi吃 chong充 chou抽 chu出 chua歘 chuai揣 chuan巛 chuang刅 chui吹 chun旾 chuo逴 ci呲 cong匆 cou凑 cu粗 cuan汆 cui崔 cun邨 cuo搓 da咑 dai呆 dan丹 dang当 dao刀 de嘚 den扥 deng灯 di氐
  dia嗲 dian敁 diao刁 die爹 ding丁 diu丟 dong东 dou吺 du厾 duan耑 dui垖 dun吨 duo多 e妸 ei诶 en奀 eng鞥 er儿 fa发 fan帆 fang匚 fei飞 fen分 feng丰 fo仏 fou紑 fu夫 ga旮 gai侅 gan甘 gang冈 gao皋 ge戈 gei给
  gen根 geng刯 gong工 gou勾 gu估 gua瓜 guai乖 guan关 guang光 gui归 gun丨 guo呙 ha哈 hai咍 han佄 hang夯 hao茠 he诃 hei黒 hen拫 heng亨 hong叿 hou齁 hu乎 hua花 huai怀 huan欢 huang巟 hui灰 hun昏 huo吙 ji丌
  jia加 jian戋 jiang江 jiao艽 jie阶 jin巾 jing坕 jiong冂 jiu丩 ju凥 juan姢 jue噘 jun军 ka咔 kai开 kan刊 kang忼 kao尻 ke匼 ken肎 keng劥 kong空 kou抠 ku扝 kua夸 kuai蒯 kuan宽 kuang匡 kui亏 kun坤 kuo扩 la垃
  lai来 lan兰 lang啷 lao捞 le仂 lei雷 leng崚 li哩 lia俩 lian奁 liang良 liao撩 lie毟 lin拎 ling伶 liu溜 long龙 lou瞜 lu噜 lv驴 luan娈 lve掠 lun抡 luo啰 m呣 ma妈 mai埋 man嫚 mang牤 mao猫 me嚒 mei坆 men椚
  meng擝 mi咪 mian宀 miao喵 mie乜 min民 ming名 miu谬 mo摸 mou哞 mu毪 na拏 nai腉 nan囡 nang囔 nao孬 ne疒 nei娞 nen恁 neng能 ng嗯 ni妮 nian拈 niang娘 niao鸟 nie捏 nin囜 ning宁 niu妞 nong农 nou羺 nu奴 nv女
  nuan奻 nve疟 nuo挪 o喔 ou讴 pa妑 pai拍 pan眅 pang乓 pao抛 pei呸 pen喷 peng匉 pi丕 pian囨 piao剽 pie氕 pin姘 ping乒 po钋 pou剖 pu仆 qi七 qia掐 qian千 qiang呛 qiao悄 qie苆 qin亲 qing靑 qiong卭 qiu丘 qu区
  quan奍 que炔 qun夋 ran呥 rang穣 rao娆 re惹 ren人 reng扔 ri日 rong戎 rou厹 ru邚 ruan堧 rui桵 run瞤 ruo捼 sa仨 sai毢 san三 sang桒 sao掻 se閪 sen森 seng僧 sha杀 shai筛 shan山 shang伤 shao弰 she奢 shen申
  sheng升 shi尸 shou収 shu书 shua刷 shuai衰 shuan闩 shuang双 shui脽 shun吮 shuo说 si厶 song忪 sou凁 su苏 suan狻 sui夊 sun孙 suo唆 ta他 tai囼 tan坍 tang汤 tao夲 te忑 teng熥 ti剔 tian天 tiao旫 tie帖 ting厅
  tong囲 tou偷 tu凸 tuan湍 tui推 tun吞 tuo乇 wa屲 wai歪 wan弯 wang尢 wei危 wen昷 weng翁 wo挝 wu乌 xi夕 xia呷 xian仙 xiang乡 xiao灱 xie些 xin心 xing星 xiong凶 xiu休 xu吁 xuan吅 xue削 xun坃 ya丫 yan恹 yang央
  yao幺 ye倻 yi一 yin囙 ying应 yo哟 yong佣 you优 yu込 yuan囦 yue曰 yun晕 za帀 zai災 zan兂 zang匨 zao傮 ze则 zei贼 zen怎 zeng囎 zha扎 zhai夈 zhan枬 zhang张 zhao佋 zhe蜇 zhen贞 zheng凧 zhi之 zhong中 zhou州
  zhu朱 zhua抓 zhuai跩 zhuan专 zhuang妆 zhui隹 zhun宒 zhuo拙 zi孜 zong宗 zou邹 zu租 zuan钻 zui厜 zun尊 zuo嘬
`
const FIRSTS = SYLLABLES.trim().split(/\s+/).map((one) => ({ syllable: one.slice(0, -1), first: one.slice(-1) }))
const order = new Intl.Collator('zh-u-co-pinyin')
/** Characters whose reading in names of this country's places and units is not, or not only, the one that the collation has; the commonest in names first. */
const READ: Readonly<Record<string, string>> = {
  重: 'chong zhong', 厦: 'xia sha', 乐: 'le yue', 行: 'hang xing', 长: 'chang zhang', 会: 'hui kuai', 朝: 'zhao chao', 调: 'tiao diao', 藏: 'cang zang', 车: 'che ju', 校: 'xiao jiao', 解: 'jie xie', 曾: 'zeng ceng',
  单: 'dan shan', 召: 'shao zhao', 尉: 'wei yu', 盛: 'sheng cheng', 传: 'chuan zhuan', 给: 'gei ji', 宿: 'su', 大: 'da', 都: 'du dou', 涧: 'jian', 瀍: 'chan', 洛: 'luo', 绿: 'lv', 露: 'lu lou', 落: 'luo lao', 薄: 'bo bao',
  角: 'jiao jue', 觉: 'jue jiao', 模: 'mo mu', 熟: 'shu shou', 血: 'xue xie', 核: 'he hu', 没: 'mei mo', 什: 'shi shen',
  翟: 'zhai di', 堡: 'bao pu bu', 浚: 'xun jun', 泌: 'mi bi', 仇: 'qiu chou', 莘: 'shen xin', 郇: 'xun huan', 粘: 'zhan nian', 祭: 'ji zha zhai', 涡: 'wo guo', 圩: 'wei xu', 番: 'fan pan', 查: 'cha zha', 覃: 'tan qin', 埔: 'bu pu', 陂: 'pi bei',
}
/** So many spellings of one name. */
const MOST_SPELLINGS = 16
const known = new Map<string, readonly string[]>()

/** The syllable of a character by its place in the order of pinyin; '' before the first of them. */
function syllableOf(character: string): string {
  let [low, high] = [0, FIRSTS.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (order.compare(FIRSTS[middle]?.first ?? '', character) <= 0) low = middle + 1
    else high = middle
  }
  return FIRSTS[low - 1]?.syllable ?? ''
}

/** Each way to read a character, the commonest first; ü as it is typed, by `v` or `u`. A Latin letter or digit is itself; anything else is nothing. */
function readingsOf(character: string): readonly string[] {
  if (/[a-z0-9]/i.test(character)) return [character.toLowerCase()]
  if (!/\p{Script=Han}/u.test(character)) return []
  const before = known.get(character)
  if (before !== undefined) return before
  const readings = (READ[character] ?? syllableOf(character)).split(' ').filter((one) => one !== '').flatMap((one) => (/^[ln]v/.test(one) ? [one, one.replace('v', 'u')] : [one]))
  known.set(character, readings)
  return readings
}

/** A name by its initials: `开元大道 128` → `kydd128`; once for each way to read it, the commonest first: `建业大厦` → `jydx`, `jyds`. */
export function spellingsOf(text: string): readonly string[] {
  let spellings = ['']
  for (const character of text) {
    const initials = [...new Set(readingsOf(character).map((one) => one.slice(0, 1)))]
    const [first] = initials
    if (first === undefined) continue
    spellings = spellings.length * initials.length > MOST_SPELLINGS ? spellings.map((before) => before + first) : initials.flatMap((initial) => spellings.map((before) => before + initial))
  }
  return spellings
}

/** Initials from each character on, so that the middle of a name is found by them too. */
export function initialWords(name: string): string {
  const words = spellingsOf(name).map((one) => one.slice(0, 40)).flatMap((initials) => [...initials].map((_, at) => initials.slice(at)))
  return [...new Set(words.filter((word) => word.length > 1))].join(' ')
}

const names = new Map<string, readonly (readonly string[])[]>()
/** Names that are remembered: a list is gone through at each key. */
const MOST_NAMES = 2_000

/** The readings of each character that has any. */
function charactersOf(name: string): readonly (readonly string[])[] {
  const before = names.get(name)
  if (before !== undefined) return before
  if (names.size >= MOST_NAMES) names.clear()
  const characters = [...name].map(readingsOf).filter((readings) => readings.length > 0)
  names.set(name, characters)
  return characters
}

/**
 * Whether a name sounds as it is typed: each syllable whole or by its initial (`z`, `zh`), the last one by any beginning of it: `chuzu`, `chuzqc`, `czqcgs`.
 * 2: from its first character on; 1: from another; 0: not.
 */
export function soundsLike(name: string, typed: string): 0 | 1 | 2 {
  const wanted = typed.toLowerCase().replace(/[\s'’-]/g, '')
  const characters = charactersOf(name)
  if (wanted === '' || characters.length === 0) return 0
  const from = characters.findIndex((_, start) => readsFrom(characters, start, wanted))
  return from === 0 ? 2 : from > 0 ? 1 : 0
}

function readsFrom(characters: readonly (readonly string[])[], start: number, wanted: string): boolean {
  /** How much of what is wanted the characters so far may have used up. */
  let used: ReadonlySet<number> = new Set([0])
  for (const readings of characters.slice(start)) {
    const next = new Set<number>()
    for (const at of used) {
      const rest = wanted.slice(at)
      for (const reading of readings) {
        if (reading.startsWith(rest)) return true
        for (const part of [reading, reading.slice(0, 1), ...(/^[zcs]h/.test(reading) ? [reading.slice(0, 2)] : [])]) if (rest.startsWith(part)) next.add(at + part.length)
      }
    }
    if (next.size === 0) return false
    used = next
  }
  return false
}
