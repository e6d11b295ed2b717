import t from 'tap'
import { longestFrom, orderNet, type Net } from '../../../src/flow/proof/longest.js'
import { makeChance } from '../../../src/flow/simulate/random.js'

/** Longest sum over every way from point 0 that comes to nothing twice, by trying all. */
function tried(net: Net): number[] {
  const longest = net.map(() => -Infinity)
  const been = new Set<number>()
  const go = (point: number, sum: number): void => {
    longest[point] = Math.max(longest[point] ?? -Infinity, sum)
    been.add(point)
    for (const { to, weight } of net[point] ?? []) if (!been.has(to)) go(to, sum + weight)
    been.delete(point)
  }
  go(0, 0)
  return longest
}

/** A net in which everything is reached from point 0. */
function drawn(points: number, more: number, chance: ReturnType<typeof makeChance>): Net {
  const net = Array.from({ length: points }, (): { to: number; weight: number }[] => [])
  for (let to = 1; to < points; to += 1) net[Math.floor(chance.next() * to)]?.push({ to, weight: Math.floor(chance.next() * 100) })
  for (let arrow = 0; arrow < more; arrow += 1) net[Math.floor(chance.next() * points)]?.push({ to: Math.floor(chance.next() * points), weight: Math.floor(chance.next() * 100) })
  return net
}

t.test('the longest way that comes to nothing twice: exact, or bounded from above by one that was found', async (t) => {
  const chance = makeChance(110)
  const seen = { exact: 0, knotted: 0, bounded: 0 }
  for (let round = 0; round < 600; round += 1) {
    const net = round % 6 === 0 ? drawn(17, 21, chance) : drawn(3 + round % 8, round % 13, chance)
    const ordered = orderNet(net)
    const { distance, found, wayTo } = longestFrom(net, ordered, 0)
    const truth = tried(net)
    seen.exact += ordered.exact ? 1 : 0
    seen.knotted += ordered.exact && ordered.knots.length > 0 ? 1 : 0
    seen.bounded += ordered.exact ? 0 : 1
    for (const [point, longest] of truth.entries()) {
      const [most = 0, least = 0] = [distance[point], found[point]]
      if (most < longest || least > longest || (ordered.exact && (most !== longest || least !== longest))) t.fail(`${round}: point ${point}: ${least} ≤ ${longest} ≤ ${most}: ${JSON.stringify(net)}`)
      const way = wayTo(point)
      const sum = way.reduce((total, { from, index }) => total + (net[from]?.[index]?.weight ?? 0), 0)
      if (sum !== least || new Set(way.map(({ from }) => from)).size !== way.length) t.fail(`${round}: the way to ${point} is none`)
    }
  }
  t.ok(seen.exact > 300 && seen.knotted > 50 && seen.bounded > 2, JSON.stringify(seen))
})
