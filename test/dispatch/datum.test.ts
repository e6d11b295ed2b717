import t from 'tap'
import { metresBetween } from '../../src/dispatch/core/cluster.js'
import { outlineToWgs84, toWgs84 } from '../../src/dispatch/core/datum.js'

t.test('what a city has from Amap or Baidu is moved to where it is', (t) => {
  // Published pairs of the formula (eviltransform).
  for (const [where, wgs, gcj] of [
    ['Shanghai', [31.1774276, 121.5272106], [31.17530398364597, 121.531541859215]],
    ['Shenzhen', [22.543847, 113.912316], [22.540796131694766, 113.9171764808363]],
    ['Beijing', [39.911954, 116.377817], [39.91334545536069, 116.38404722455657]],
  ] as const) {
    const [lat, lon] = gcj
    t.ok(metresBetween({ lat: wgs[0], lon: wgs[1] }, { lat, lon }) > 400, where)
    t.ok(metresBetween({ lat: wgs[0], lon: wgs[1] }, toWgs84({ lat, lon }, 'gcj02')) < 1, where)
    t.same(toWgs84({ lat, lon }, 'wgs84'), { lat, lon })
  }
  // The formula (coordtransform), and Baidu's own answer (eviltransform), to which it comes as near as it does.
  t.ok(metresBetween(toWgs84({ lat: 39.915, lon: 116.404 }, 'bd09'), toWgs84({ lat: 39.90865673957631, lon: 116.39762729119315 }, 'gcj02')) < 1)
  t.ok(metresBetween(toWgs84({ lat: 29.199786, lon: 120.019809 }, 'bd09'), { lat: 29.196131605295484, lon: 120.00877901149691 }) < 15)
  t.same(toWgs84({ lat: 48.8566, lon: 2.3522 }, 'gcj02'), { lat: 48.8566, lon: 2.3522 }, 'nothing is moved elsewhere')
  const { lat, lon } = toWgs84({ lat: 34.62, lon: 112.45 }, 'gcj02')
  t.same(outlineToWgs84([[[[112.45, 34.62]]]], 'gcj02'), [[[[lon, lat]]]])
  t.end()
})
