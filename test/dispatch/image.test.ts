import t from 'tap'
import { readPicture } from '../../src/dispatch/core/image.js'

const bytes = (...parts: (string | readonly number[])[]): Uint8Array => Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))))
const segment = (marker: number, data: Uint8Array): Uint8Array => bytes([0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 0xff], [...data])
const size = (width: number, height: number): Uint8Array => bytes([8, height >> 8, height & 0xff, width >> 8, width & 0xff, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1])
/** EXIF with a place in it; `up`: which side. */
const exif = (up: number, little = false): Uint8Array => bytes('Exif\0\0', little ? 'II*\0\x08\0\0\0' : 'MM\0*\0\0\0\x08', little ? [1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, up, 0, 0, 0, 0, 0, 0, 0] : [0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, up, 0, 0, 0, 0, 0, 0], 'GPS 34.62 112.45 SECRET')
const jpeg = (more: Uint8Array[], after = '', width = 640, height = 480): Uint8Array => bytes([0xff, 0xd8], ...more.map((part) => [...part]), [...segment(0xc0, size(width, height))], [...segment(0xda, bytes([1, 1, 0, 0, 63, 0]))], [1, 2, 0xff, 0, 3, 0xff, 0xd3, 4], [0xff, 0xd9], after)
const chunk = (type: string, data: Uint8Array): Uint8Array => bytes([0, 0, data.length >> 8, data.length & 0xff], type, [...data], [0, 0, 0, 0])
const png = (more: Uint8Array[], after = ''): Uint8Array => bytes('\x89PNG\r\n\x1a\n', [...chunk('IHDR', bytes([0, 0, 2, 0, 0, 0, 1, 0, 8, 2, 0, 0, 0]))], ...more.map((part) => [...part]), [...chunk('IDAT', bytes('data'))], [...chunk('IEND', bytes(''))], after)
const riff = (...chunks: [string, Uint8Array][]): Uint8Array => {
  const body = bytes(...chunks.map(([type, data]) => [...bytes(type, [data.length & 0xff, data.length >> 8, 0, 0], [...data], data.length % 2 === 1 ? [0] : [])]))
  return bytes('RIFF', [(body.length + 4) & 0xff, (body.length + 4) >> 8, 0, 0], 'WEBP', [...body])
}
const text = (picture: ReturnType<typeof readPicture>): string => Buffer.from(picture?.clean ?? []).toString('latin1')

t.test('what the camera wrote beside the picture is gone, and so is what hangs behind it', (t) => {
  const table: readonly (readonly [string, Uint8Array, object])[] = [
    ['jpeg', jpeg([segment(0xe0, bytes('JFIF\0\x01\x01\0\0\x01\0\x01\0\0')), segment(0xe1, exif(1)), segment(0xe1, bytes('http://ns.adobe.com/xap/1.0/\0SECRET')), segment(0xed, bytes('Photoshop SECRET')), segment(0xfe, bytes('SECRET'))], '<script>SECRET</script>'), { type: 'image/jpeg', width: 640, height: 480 }],
    ['markers that mean nothing', jpeg([0xf0, 0xf7, 0xfd, 0xde, 0xbf, 0x02].map((marker) => segment(marker, bytes('SECRET')))), { type: 'image/jpeg' }],
    ['a JFIF with a small picture of its own', jpeg([segment(0xe0, bytes('JFIF\0\x01\x01\0\0\x01\0\x01\x02\x01SECRET'))]), { type: 'image/jpeg' }],
    ['words in a colour profile, and behind what Adobe says', jpeg([segment(0xe2, bytes('ICC_PROFILE\0\x01\x01SECRET')), segment(0xee, bytes('Adobe\0\x64\0\0\0\0\x01SECRET'))]), { type: 'image/jpeg' }],
    ['a png with words where numbers belong', png([chunk('iCCP', bytes('SECRET')), chunk('gAMA', bytes('SECRET')), chunk('tRNS', bytes('SECRET'.repeat(50)))]), { type: 'image/png' }],
    ['a WebP with a colour profile', riff(['VP8X', bytes([0x20, 0, 0, 0, 0x3f, 1, 0, 0xef, 0, 0])], ['ICCP', bytes('SECRET')], ['VP8 ', bytes([0, 0, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0])]), { type: 'image/webp' }],
    ['png', png([chunk('tEXt', bytes('Comment\0SECRET')), chunk('eXIf', exif(1)), chunk('zTXt', bytes('SECRET'))], 'PK\x03\x04SECRET'), { type: 'image/png', width: 512, height: 256 }],
    ['webp', bytes([...riff(['VP8X', bytes([0x0c, 0, 0, 0, 0x3f, 1, 0, 0xef, 0, 0])], ['VP8 ', bytes([0, 0, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0])], ['EXIF', exif(1)], ['XMP ', bytes('SECRET')])], 'SECRET'), { type: 'image/webp', width: 320, height: 240 }],
  ]
  for (const [what, whole, wanted] of table) {
    t.match(text({ type: 'image/jpeg', width: 1, height: 1, clean: whole }), /SECRET/, `${what}: the test has something to find`)
    const picture = readPicture(whole)
    t.match(picture, wanted, what)
    t.notMatch(text(picture), /SECRET|GPS|Exif/, what)
    t.same(picture?.clean, readPicture(picture?.clean ?? new Uint8Array())?.clean, `${what}: what is clean stays as it is`)
  }
  t.end()
})

t.test('which side is up stays', (t) => {
  for (const little of [true, false]) {
    const picture = readPicture(jpeg([segment(0xe1, exif(6, little))]))
    t.notMatch(text(picture), /GPS|SECRET/)
    t.match(text(picture), /Exif\0\0MM\0\*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06/)
    t.same(readPicture(picture?.clean ?? new Uint8Array())?.clean, picture?.clean)
  }
  t.end()
})

t.test('what is no picture, is cut, or would blow up a browser', (t) => {
  const good = jpeg([])
  t.ok(readPicture(good))
  for (const [what, bad] of [
    ['nothing', new Uint8Array()], ['text', bytes('<svg onload=alert(1)>')], ['gif', bytes('GIF89a\x01\0\x01\0')], ['only a head', bytes([0xff, 0xd8, 0xff, 0xe0])], ['html that begins as jpeg', bytes([0xff, 0xd8], '<html>')],
    ['no scan', bytes([0xff, 0xd8], [...segment(0xc0, size(10, 10))], [0xff, 0xd9])], ['too large', jpeg([], '', 20_000, 20)], ['too many pixels', jpeg([], '', 11_000, 11_000)], ['no size', jpeg([], '', 0, 0)],
    ['a png without data', bytes('\x89PNG\r\n\x1a\n', [...chunk('IHDR', bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]))], [...chunk('IEND', bytes(''))])],
    ...([['quantisation', 0xdb, bytes([0], [...new Uint8Array(64)])], ['Huffman', 0xc4, bytes([0, 1], [...new Uint8Array(15)], [7])], ['restart', 0xdd, bytes([0, 4])]] as const).flatMap(([what, marker, table]) => {
      t.ok(readPicture(jpeg([segment(marker, table)])), what)
      return [[`words behind a ${what} table`, jpeg([segment(marker, bytes([...table], 'SECRET'))])]] as const
    }),
    ['lossless jpeg', bytes([0xff, 0xd8], [...segment(0xc3, size(10, 10))], [0xff, 0xd9])],
  ] as const) t.equal(readPicture(bad), null, what)
  for (const whole of [good, png([]), riff(['VP8 ', bytes([0, 0, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0])])]) for (let cut = 0; cut < whole.length; cut += 1) t.equal(readPicture(whole.subarray(0, cut)), null, `cut at ${cut}`)
  t.end()
})

t.test('a WebP is one picture, as large as it says', (t) => {
  const vp8 = bytes([0, 0, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0])
  const canvas = (flags: number, width: number, height: number): Uint8Array => bytes([flags, 0, 0, 0, (width - 1) & 0xff, (width - 1) >> 8, 0, (height - 1) & 0xff, (height - 1) >> 8, 0])
  const frame = bytes([0, 0, 0, 0, 0, 0, 0x3f, 1, 0, 0xef, 0, 0, 0, 0, 0, 0], 'VP8 ', [10, 0, 0, 0], [...vp8], 'EXIF', [6, 0, 0, 0], 'SECRET')
  t.equal(readPicture(riff(['VP8X', canvas(0x02, 320, 240)], ['ANIM', bytes([0, 0, 0, 0, 0, 0])], ['ANMF', frame])), null, 'a frame of an animation has pieces of its own, EXIF among them')
  t.match(readPicture(riff(['VP8X', canvas(0, 320, 240)], ['VP8 ', vp8])), { width: 320, height: 240 })
  t.equal(readPicture(riff(['VP8X', canvas(0, 16, 16)], ['VP8 ', vp8])), null, 'nothing large comes as something small')
  t.match(readPicture(riff(['VP8 ', vp8])), { width: 320, height: 240 })
  t.end()
})
