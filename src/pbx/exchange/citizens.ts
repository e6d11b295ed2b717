import type { Exchange, PlacedCall } from './exchange.js'

/** An invented citizen: who calls, about what (the key he presses, if any), how patient he is. */
interface Story { readonly keys: string; readonly place: string; readonly weight: number }

/** Shares after the city's own figures: manhole covers 4.5 %, ride disputes 4 %, noise 3.1 %, power repair 3 %; most press nothing. */
const STORIES: readonly Story[] = [
  { keys: '1', place: '开元大道与龙门大道交叉口', weight: 9 },
  { keys: '2', place: '火车站广场出租车候客点', weight: 8 },
  { keys: '3', place: '中州中路 128 号院', weight: 7 },
  { keys: '4', place: '景华路 56 号楼', weight: 7 },
  { keys: '5', place: '滨河南路工地', weight: 6 },
  { keys: '6w1', place: '洛浦公园东门', weight: 4 },
  { keys: '6w3', place: '唐宫西路', weight: 4 },
  { keys: '', place: '', weight: 20 },
]
/** Between two looks at whether somebody is there, ms. */
const LOOK = 500

/** One for each number, the same at every call; the first three as the city knows them (`store/practice-seed.ts`). */
const NAMES = [
  '周大爷', '吴女士', '冯女士', '郭师傅', '马先生', '邓女士', '曹阿姨', '许先生', '韩女士', '孟师傅', '乔先生', '裴女士', '秦大爷', '史先生', '杜阿姨', '牛女士', '常先生', '苗女士', '段师傅', '贺先生',
  '白女士', '田大爷', '尚先生', '龚女士', '石师傅', '康阿姨', '焦先生', '梅女士', '陆先生', '卢女士', '翟大爷', '袁先生', '金女士', '谷师傅', '岳先生', '蔡阿姨', '葛女士', '武先生', '阎女士', '邵先生',
] as const

/** The name of the practice citizen with this number, 1 … 40. */
export const citizenName = (person: number): string => NAMES[person - 1] ?? ''

const MOST_CALLS = 12
const MOST_WAITING = 4

/**
 * Citizens who call by themselves: mean time between two calls `meanInterval` ms, exponentially distributed. They wait a human while before a key,
 * talk 20–60 s, sometimes give up early, sometimes call again. Numbers are 139 0000 00xx: nobody's. While `present` says that nobody
 * is there to answer them they do not call; the first calls within a second after somebody is.
 */
export function startCitizens(exchange: Exchange, { meanInterval, present, random = Math.random }: { readonly meanInterval: number; readonly present: () => boolean; readonly random?: () => number }): { stop(): void } {
  const timers = new Set<NodeJS.Timeout>()
  const calls = new Set<PlacedCall>()
  const later = (ms: number, act: () => void): void => {
    const timer = setTimeout(() => { timers.delete(timer); act() }, ms)
    timers.add(timer)
  }
  const total = STORIES.reduce((sum, { weight }) => sum + weight, 0)

  function pick(): Story {
    let at = random() * total
    return STORIES.find(({ weight }) => (at -= weight) < 0) ?? { keys: '', place: '', weight: 0 }
  }

  /** Somebody is there, and the next call is on its way. */
  let going = false
  function look(): void {
    later(LOOK, look)
    if (!present() || going) return
    going = true
    call()
  }

  function call(): void {
    going = present()
    if (!going) return
    later(-Math.log(1 - random()) * meanInterval, call)
    // As many lines as a small room can look after, and no longer a queue than one person who is learning can bear to look at.
    if (calls.size >= MOST_CALLS || [...calls].filter(({ bridgedTo }) => bridgedTo === null).length >= MOST_WAITING) return
    const story = pick()
    const person = 1 + Math.floor(random() * NAMES.length)
    const placed = exchange.placeCall({
      number: `139000000${String(person).padStart(2, '0')}`,
      ...(random() < 0.5 ? { name: citizenName(person) } : {}),
      verified: random() < 0.9,
      ...(story.place === '' || random() < 0.3 ? {} : { place: story.place, lat: 34.62 + (random() - 0.5) * 0.06, lon: 112.45 + (random() - 0.5) * 0.08 }),
    })
    calls.add(placed)
    let delay = 3_000 + random() * 4_000
    for (const key of story.keys) {
      if (key === 'w') delay += 4_000
      else later(delay, () => { placed.press(key) })
    }
    // One in twelve gives up early; nobody waits for ever.
    if (random() < 0.08) later(2_000 + random() * 10_000, () => { if (placed.bridgedTo === null) placed.hangUp() })
    later(180_000, () => { if (placed.bridgedTo === null) placed.hangUp() })
    placed.onReport((report) => {
      if (report.type === 'operator') later(20_000 + random() * 40_000, () => { placed.hangUp() })
      if (report.type === 'ended') calls.delete(placed)
    })
  }

  later(LOOK, look)
  return {
    stop() {
      for (const timer of timers) clearTimeout(timer)
      for (const placed of calls) placed.hangUp()
    },
  }
}
