import type { Outline, Position } from '../dispatch/core/geo.js'

/** The practice city: six districts north and south of its river, and places in them. Drawn by hand: like the city it is named after, and no survey of it. */

/** Corners that neighbours share, [lon, lat]. */
const RIVER: readonly Position[] = [[112.33, 34.622], [112.37, 34.634], [112.405, 34.643], [112.435, 34.65], [112.465, 34.66], [112.495, 34.668], [112.54, 34.683]]
const NORTH: readonly Position[] = [[112.33, 34.675], [112.372, 34.705], [112.418, 34.722], [112.452, 34.731], [112.478, 34.727], [112.54, 34.722]]
const JIANXI_XIGONG: readonly Position[] = [[112.412, 34.668], [112.416, 34.695]]
const XIGONG_LAOCHENG: readonly Position[] = [[112.458, 34.685], [112.46, 34.708]]
const LAOCHENG_CHANHE: readonly Position[] = [[112.488, 34.69], [112.482, 34.71]]
const HITECH_LUOLONG: readonly Position[] = [[112.398, 34.605], [112.405, 34.57]]

const back = (line: readonly Position[]): readonly Position[] => [...line].reverse()
const outline = (...parts: readonly (readonly Position[])[]): Outline => { const ring = parts.flat(); return [[[...ring, ring[0] as Position]]] }

export const PRACTICE_DISTRICTS: readonly { readonly id: string; readonly name: string; readonly nameEn: string; readonly outline: Outline }[] = [
  { id: 'jianxi', name: '涧西区', nameEn: 'Jianxi', outline: outline(RIVER.slice(0, 3), JIANXI_XIGONG, back(NORTH.slice(0, 3))) },
  { id: 'xigong', name: '西工区', nameEn: 'Xigong', outline: outline(RIVER.slice(2, 5), XIGONG_LAOCHENG, back(NORTH.slice(2, 4)), back(JIANXI_XIGONG)) },
  { id: 'laocheng', name: '老城区', nameEn: 'Laocheng', outline: outline(RIVER.slice(4, 6), LAOCHENG_CHANHE, back(NORTH.slice(3, 5)), back(XIGONG_LAOCHENG)) },
  { id: 'chanhe', name: '瀍河区', nameEn: 'Chanhe', outline: outline(RIVER.slice(5), back(NORTH.slice(4)), back(LAOCHENG_CHANHE)) },
  { id: 'luolong', name: '洛龙区', nameEn: 'Luolong', outline: outline(RIVER.slice(2), [[112.548, 34.64], [112.535, 34.59], [112.49, 34.56], [112.44, 34.556]], back(HITECH_LUOLONG)) },
  { id: 'hi-tech', name: '高新区', nameEn: 'Hi-Tech Zone', outline: outline(RIVER.slice(0, 3), HITECH_LUOLONG, [[112.36, 34.572], [112.322, 34.59]]) },
]

export const PRACTICE_PLACES: readonly (readonly [code: string, name: string, kind: 'address' | 'road' | 'landmark', lat: number, lon: number])[] = [
  ['P01', '开元大道与龙门大道交叉口', 'address', 34.6212, 112.4537], ['P02', '火车站广场', 'landmark', 34.6868, 112.4329], ['P03', '王城公园', 'landmark', 34.6702, 112.4236],
  ['P04', '中州中路 128 号院', 'address', 34.6713, 112.4408], ['P05', '景华路 56 号楼', 'address', 34.6631, 112.4012], ['P06', '洛浦公园东门', 'landmark', 34.6641, 112.4748],
  ['P07', '唐宫西路', 'road', 34.6801, 112.4402], ['P08', '唐宫东路', 'road', 34.6842, 112.4731], ['P09', '滨河南路', 'road', 34.6446, 112.4391], ['P10', '九都路与解放路交叉口', 'address', 34.6642, 112.4431],
  ['P11', '丽景门', 'landmark', 34.6827, 112.4659], ['P12', '周王城广场', 'landmark', 34.6716, 112.4295], ['P13', '牡丹广场', 'landmark', 34.6648, 112.3942], ['P14', '上海市场', 'landmark', 34.6672, 112.3868],
  ['P15', '启明南路', 'road', 34.6872, 112.5052], ['P16', '瀍河桥东', 'address', 34.6951, 112.4967], ['P17', '关林市场', 'landmark', 34.6058, 112.4772], ['P18', '市民之家', 'landmark', 34.6198, 112.4391],
  ['P19', '龙门高铁站', 'landmark', 34.5955, 112.4561], ['P20', '孙辛路', 'road', 34.6088, 112.3661], ['P21', '高新区科技园', 'landmark', 34.6149, 112.3838], ['P22', '太康东路', 'road', 34.6139, 112.4703],
]

/** Every two kilometres of an expressway that nobody built, [lat, lon] from K12 on. */
const EXPRESSWAY: readonly (readonly [lat: number, lon: number])[] = [[34.69, 112.372], [34.699, 112.394], [34.706, 112.416], [34.71, 112.438], [34.711, 112.46], [34.709, 112.482], [34.706, 112.504]]
/** Its kilometre marks; that it has another name the first of them says for all. */
export const PRACTICE_MARKS: readonly { readonly code: string; readonly name: string; readonly aliases: string | null; readonly lat: number; readonly lon: number }[] = EXPRESSWAY.map(([lat, lon], n) => ({
  code: `K${12 + 2 * n}`, name: `S96 邙岭高速 K${12 + 2 * n}`, aliases: n === 0 ? '北绕城高速' : null, lat, lon,
}))
