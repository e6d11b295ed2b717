/** What a picture is, by its content; and the same picture without what the camera, its owner or somebody else wrote beside it. */
export interface Picture { readonly type: 'image/jpeg' | 'image/png' | 'image/webp'; readonly width: number; readonly height: number; readonly clean: Uint8Array }

/** A side, and all of it, in pixels: beyond it a small file blows up a browser. */
const LONGEST = 12_000
const MOST = 50_000_000

const latin = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to))
const join = (parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) { whole.set(part, at); at += part.length }
  return whole
}

/**
 * JPEG, PNG or WebP. Whatever stands behind the end of the picture is cut off, and only those parts are kept that a picture needs to be drawn:
 * no EXIF (place, camera, time), no XMP, no comments, no colour profile (it may hold any words; the desk sends photos without), no second picture, and no part longer than what it is. A JPEG keeps which side is up.
 * @returns null when it is none of these, is not whole, or is too large to be drawn.
 */
export function readPicture(given: Uint8Array): Picture | null {
  // `slice` of a Buffer is no copy.
  const bytes = new Uint8Array(given.buffer, given.byteOffset, given.byteLength)
  let picture: Picture | null = null
  try {
    picture = bytes[0] === 0xff && bytes[1] === 0xd8 ? readJpeg(bytes) : latin(bytes, 0, 8) === '\x89PNG\r\n\x1a\n' ? readPng(bytes) : latin(bytes, 0, 4) === 'RIFF' && latin(bytes, 8, 12) === 'WEBP' ? readWebp(bytes) : null
  } catch (error) {
    // Reading beyond the end: it is not whole.
    if (!(error instanceof RangeError)) throw error
  }
  if (picture === null || picture.width < 1 || picture.height < 1 || picture.width > LONGEST || picture.height > LONGEST || picture.width * picture.height > MOST) return null
  return picture
}

/** What decoding Huffman needs: frames, tables, restarts, lines, scans. Comments, and markers that mean nothing (F0 to FD), may hold anything. */
const JPEG_KEPT = new Set([0xc0, 0xc1, 0xc2, 0xc4, 0xda, 0xdb, 0xdc, 0xdd])

/** A segment that is kept is as long as its own tables say; no decoder takes another. @param data behind the length */
function isWhole(marker: number, data: Uint8Array): boolean {
  const at = (n: number): number => data[n] ?? 0
  if (marker === 0xdc || marker === 0xdd) return data.length === 2
  if (marker === 0xda) return data.length === 4 + 2 * at(0)
  if (marker >= 0xc0 && marker <= 0xc2) return data.length === 6 + 3 * at(5)
  if (marker !== 0xc4 && marker !== 0xdb) return true
  let n = 0
  while (n < data.length) n += marker === 0xdb ? (at(n) < 0x10 ? 65 : 129) : data.subarray(n + 1, n + 17).reduce((sum, count) => sum + count, 17)
  return n === data.length
}

/** ITU T.81: segments `FF marker length data`; after SOS come entropy-coded bytes, in which FF is followed by 00 or a restart marker. */
function readJpeg(bytes: Uint8Array): Picture | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const kept: Uint8Array[] = [bytes.subarray(0, 2)]
  let [width, height, orientation, scans, at] = [0, 0, 1, 0, 2]
  for (;;) {
    if (view.getUint8(at) !== 0xff) return null
    while (view.getUint8(at + 1) === 0xff) at += 1
    const marker = view.getUint8(at + 1)
    if (marker === 0xd9) break
    const end = at + 2 + view.getUint16(at + 2)
    if (end < at + 4 || end > bytes.length) return null
    const segment = bytes.subarray(at, end)
    // Baseline, extended and progressive Huffman: what browsers draw.
    if (marker >= 0xc0 && marker <= 0xc2) {
      if (width > 0) return null
      height = view.getUint16(at + 5)
      width = view.getUint16(at + 7)
    } else if (marker > 0xc2 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xcc) return null
    if (marker === 0xe1 && latin(segment, 4, 10) === 'Exif\0\0') orientation = orientationOf(segment.subarray(10))
    const application = marker >= 0xe0 && marker <= 0xef
    const needed = (marker === 0xe0 && segment.length === 18 && latin(segment, 4, 9) === 'JFIF\0') || (marker === 0xee && segment.length === 16 && latin(segment, 4, 9) === 'Adobe')
    if (!isWhole(marker, segment.subarray(4))) return null
    if (application ? needed : JPEG_KEPT.has(marker)) kept.push(segment)
    at = end
    if (marker !== 0xda) continue
    scans += 1
    for (;;) {
      at = bytes.indexOf(0xff, at)
      if (at === -1 || at + 1 >= bytes.length) return null
      const next = bytes[at + 1] ?? 0
      if (next !== 0 && (next < 0xd0 || next > 0xd7) && next !== 0xff) break
      at += next === 0xff ? 1 : 2
    }
    kept.push(bytes.subarray(end, at))
  }
  if (width === 0 || scans === 0) return null
  const [soi, ...rest] = kept as [Uint8Array, ...Uint8Array[]]
  return { type: 'image/jpeg', width, height, clean: join([soi, ...(orientation === 1 ? [] : [exifOf(orientation)]), ...rest, new Uint8Array([0xff, 0xd9])]) }
}

/** Tag 0x0112 of the first directory of a TIFF structure; 1 when there is none. */
function orientationOf(tiff: Uint8Array): number {
  if (tiff.length < 14) return 1
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength)
  const little = latin(tiff, 0, 2) === 'II'
  const directory = view.getUint32(4, little)
  if (directory + 2 > tiff.length) return 1
  for (let n = 0; n < view.getUint16(directory, little) && directory + 14 + n * 12 <= tiff.length; n += 1) {
    const entry = directory + 2 + n * 12
    if (view.getUint16(entry, little) !== 0x0112) continue
    const value = view.getUint16(entry + 8, little)
    return value >= 1 && value <= 8 ? value : 1
  }
  return 1
}

/** An EXIF segment that says which side is up, and nothing else. */
const exifOf = (orientation: number): Uint8Array => new Uint8Array([
  0xff, 0xe1, 0, 34, 0x45, 0x78, 0x69, 0x66, 0, 0, 0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
])

/** Chunks that are kept, and how long they may be. */
const PNG_KEPT: ReadonlyMap<string, number> = new Map([['IHDR', 13], ['PLTE', 768], ['IDAT', Infinity], ['IEND', 0], ['tRNS', 256], ['gAMA', 4], ['cHRM', 32], ['sRGB', 1]])

function readPng(bytes: Uint8Array): Picture | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const kept: Uint8Array[] = [bytes.subarray(0, 8)]
  if (latin(bytes, 12, 16) !== 'IHDR') return null
  let data = false
  for (let at = 8; ;) {
    const end = at + 12 + view.getUint32(at)
    const type = latin(bytes, at + 4, at + 8)
    if (end > bytes.length) return null
    if (end - at - 12 <= (PNG_KEPT.get(type) ?? -1)) kept.push(bytes.subarray(at, end))
    data ||= type === 'IDAT'
    if (type === 'IEND') break
    at = end
  }
  return data ? { type: 'image/png', width: view.getUint32(16), height: view.getUint32(20), clean: join(kept) } : null
}

const WEBP_KEPT = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH'])
/** VP8X says what follows; these do not follow any more: ICCP, EXIF, XMP. */
const WEBP_BESIDE = 0x2c

function readWebp(bytes: Uint8Array): Picture | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const whole = view.getUint32(4, true) + 8
  if (whole > bytes.length) return null
  const kept: Uint8Array[] = []
  let [width, height, drawn] = [0, 0, false]
  let canvas: readonly [number, number] | null = null
  for (let at = 12; at + 8 <= whole;) {
    const type = latin(bytes, at, at + 4)
    const size = view.getUint32(at + 4, true)
    const end = at + 8 + size + (size % 2)
    if (end > whole) return null
    const chunk = bytes.slice(at, end)
    if (type === 'VP8X') {
      if (size !== 10) return null
      chunk[8] = (chunk[8] ?? 0) & ~WEBP_BESIDE
      canvas = [1 + (view.getUint32(at + 12, true) & 0xffffff), 1 + (view.getUint32(at + 15, true) & 0xffffff)]
    } else if (type === 'VP8 ') {
      if (latin(bytes, at + 11, at + 14) !== '\x9d\x01\x2a') return null
      if (!drawn) [width, height] = [view.getUint16(at + 14, true) & 0x3fff, view.getUint16(at + 16, true) & 0x3fff]
      drawn = true
    } else if (type === 'VP8L') {
      if (view.getUint8(at + 8) !== 0x2f) return null
      const bits = view.getUint32(at + 9, true)
      if (!drawn) [width, height] = [1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff)]
      drawn = true
    } else if (type === 'ANIM' || type === 'ANMF') return null // Frames have pieces of their own, and EXIF among them.
    if (WEBP_KEPT.has(type)) kept.push(chunk)
    at = end
  }
  // The picture fills what the file says its size is: nothing large comes as something small.
  if (!drawn || (canvas !== null && (canvas[0] !== width || canvas[1] !== height))) return null
  const head = bytes.slice(0, 12)
  new DataView(head.buffer).setUint32(4, 4 + kept.reduce((sum, { length }) => sum + length, 0), true)
  return { type: 'image/webp', width, height, clean: join([head, ...kept]) }
}
