import { createServer, type RequestListener } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import t from 'tap'
import { partsOf } from '../../sip/location/body.js'
import { locate, type LocateOptions } from '../../sip/location/locate.js'
import { distance, moved, readPidf } from '../../sip/location/pidf.js'
import { parseXml, XML_LIMITS } from '../../sip/location/xml.js'

const pidf = (info: string, holder = 'tuple'): string => `<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10"
 xmlns:gml="http://www.opengis.net/gml" xmlns:gs="http://www.opengis.net/pidflo/1.0" xmlns:ca="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr" entity="pres:a@b">
${holder === 'tuple' ? '<tuple id="x"><status>' : '<dm:device id="x">'}<gp:geopriv><gp:location-info>${info}</gp:location-info><gp:usage-rules/></gp:geopriv>${holder === 'tuple' ? '</status></tuple>' : '</dm:device>'}</presence>`
const WGS84 = 'srsName="urn:ogc:def:crs:EPSG::4326"'
const M = 'uom="urn:ogc:def:uom:EPSG::9001"'
const DEG = 'uom="urn:ogc:def:uom:EPSG::9102"'

t.test('shapes of RFC 5491: a point and how uncertain it is', async (t) => {
  const near = (actual: { lat: number; lon: number; uncertainty?: number } | undefined, lat: number, lon: number, uncertainty: number | undefined, what: string): void => {
    t.ok(actual !== undefined && distance(actual, { lat, lon }) < 2, `${what}: ${JSON.stringify(actual)}`)
    if (uncertainty === undefined) t.equal(actual?.uncertainty, undefined, what)
    else t.ok(Math.abs((actual?.uncertainty ?? NaN) - uncertainty) < 2, `${what}: ± ${actual?.uncertainty ?? NaN}`)
  }
  for (const [what, info, lat, lon, uncertainty] of [
    ['Point', `<gml:Point ${WGS84}><gml:pos>34.6181 112.4539</gml:pos></gml:Point>`, 34.6181, 112.4539, undefined],
    ['Point with altitude', '<gml:Point srsName="urn:ogc:def:crs:EPSG::4979"><gml:pos>34.6181 112.4539 150</gml:pos></gml:Point>', 34.6181, 112.4539, undefined],
    ['Circle', `<gs:Circle ${WGS84}><gml:pos>34.6181 112.4539</gml:pos><gs:radius ${M}>850.24</gs:radius></gs:Circle>`, 34.6181, 112.4539, 850.24],
    ['Ellipse', `<gs:Ellipse ${WGS84}><gml:pos>34.6181 112.4539</gml:pos><gs:semiMajorAxis ${M}>1275</gs:semiMajorAxis><gs:semiMinorAxis ${M}>670</gs:semiMinorAxis><gs:orientation ${DEG}>43.2</gs:orientation></gs:Ellipse>`, 34.6181, 112.4539, 1275],
    ['Sphere', `<gs:Sphere srsName="urn:ogc:def:crs:EPSG::4979"><gml:pos>34.6181 112.4539 26</gml:pos><gs:radius ${M}>90</gs:radius></gs:Sphere>`, 34.6181, 112.4539, 90],
  ] as const) near(readPidf(pidf(info))?.point, lat, lon, uncertainty, what)
  const mast = { lat: 34.6, lon: 112.4 }
  const band = `<gs:ArcBand ${WGS84}><gml:pos>34.6 112.4</gml:pos><gs:innerRadius ${M}>500</gs:innerRadius><gs:outerRadius ${M}>1500</gs:outerRadius><gs:startAngle ${DEG}>80</gs:startAngle><gs:openingAngle ${DEG}>20</gs:openingAngle></gs:ArcBand>`
  const middle = moved(mast, 0, 1_000)
  near(readPidf(pidf(band))?.point, middle.lat, middle.lon, 543.7, 'ArcBand: due east of the mast, half way out')
  const [south, east] = [moved(mast, -100, 0), moved(mast, 0, 100)]
  const ring = [[mast.lat, mast.lon], [mast.lat, east.lon], [south.lat, east.lon], [south.lat, mast.lon], [mast.lat, mast.lon]]
  const square = (inner: string): string => `<gml:Polygon ${WGS84}><gml:exterior><gml:LinearRing>${inner}</gml:LinearRing></gml:exterior></gml:Polygon>`
  const middleOfSquare = moved(mast, -50, 50)
  near(readPidf(pidf(square(`<gml:posList>${ring.flat().join(' ')}</gml:posList>`)))?.point, middleOfSquare.lat, middleOfSquare.lon, 70.7, 'Polygon, posList')
  near(readPidf(pidf(square(ring.map((pos) => `<gml:pos>${pos.join(' ')}</gml:pos>`).join(''))))?.point, middleOfSquare.lat, middleOfSquare.lon, 70.7, 'Polygon, pos')
  near(readPidf(pidf(square('<gml:posList>0 179.999 0 -179.999 0.002 -179.999 0.002 179.999 0 179.999</gml:posList>')))?.point, 0.001, 180, 157, 'Polygon across 180°')
})

t.test('what cannot be understood is no place: never a guess', async (t) => {
  for (const [what, info] of [
    ['another reference system', '<gml:Point srsName="urn:ogc:def:crs:EPSG::4490"><gml:pos>34.6 112.4</gml:pos></gml:Point>'],
    ['none', '<gml:Point><gml:pos>34.6 112.4</gml:pos></gml:Point>'],
    ['longitude first', `<gml:Point ${WGS84}><gml:pos>112.4 34.6</gml:pos></gml:Point>`],
    ['one number', `<gml:Point ${WGS84}><gml:pos>34.6</gml:pos></gml:Point>`],
    ['three where two belong', `<gml:Point ${WGS84}><gml:pos>34.6 112.4 10</gml:pos></gml:Point>`],
    ['words', `<gml:Point ${WGS84}><gml:pos>34.6 \${x}</gml:pos></gml:Point>`],
    ['no number', `<gml:Point ${WGS84}><gml:pos>NaN Infinity</gml:pos></gml:Point>`],
    ['hexadecimal', `<gml:Point ${WGS84}><gml:pos>0x22 0x70</gml:pos></gml:Point>`],
    ['feet', `<gs:Circle ${WGS84}><gml:pos>34.6 112.4</gml:pos><gs:radius uom="urn:ogc:def:uom:EPSG::9002">850</gs:radius></gs:Circle>`],
    ['negative radius', `<gs:Circle ${WGS84}><gml:pos>34.6 112.4</gml:pos><gs:radius ${M}>-1</gs:radius></gs:Circle>`],
    ['as wide as a continent', `<gs:Circle ${WGS84}><gml:pos>34.6 112.4</gml:pos><gs:radius ${M}>5e6</gs:radius></gs:Circle>`],
    ['an open ring', `<gml:Polygon ${WGS84}><gml:exterior><gml:LinearRing><gml:posList>0 0 0 1 1 1 1 0</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>`],
    ['another namespace', `<Point xmlns="urn:x" ${WGS84}><pos>34.6 112.4</pos></Point>`],
    ['nothing', ''],
  ] as const) t.equal(readPidf(pidf(info)), null, what)
})

t.test('civic address, both ways of writing it, beside the point; device before tuple', async (t) => {
  t.equal(readPidf(pidf('<ca:civicAddress xml:lang="zh"><ca:country>CN</ca:country><ca:A1>河南省</ca:A1><ca:A2>洛阳市</ca:A2><ca:A3>西工区</ca:A3><ca:RD>中州中路</ca:RD><ca:HNO>100号</ca:HNO><ca:FLR>3层</ca:FLR></ca:civicAddress>'))?.text, '河南省洛阳市西工区中州中路100号3层')
  t.equal(readPidf(pidf('<ca:civicAddress><ca:country>AU</ca:country><ca:A1>NSW</ca:A1><ca:A3>Wollongong</ca:A3><ca:RD>Northfield</ca:RD><ca:STS>Avenue</ca:STS><ca:HNO>2</ca:HNO><ca:LMK>University</ca:LMK></ca:civicAddress>'))?.text, '2 Northfield Avenue, University, Wollongong, NSW')
  const both = pidf(`<gml:Point ${WGS84}><gml:pos>1 1</gml:pos></gml:Point>`).replace('</presence>', `${/<dm:device[\s\S]*<\/dm:device>/.exec(pidf(`<gml:Point ${WGS84}><gml:pos>2 2</gml:pos></gml:Point><ca:civicAddress><ca:RD>中州路</ca:RD></ca:civicAddress>`, 'device'))?.[0] ?? ''}</presence>`)
  t.match(readPidf(both), { point: { lat: 2, lon: 2 }, text: '中州路' })
  const held = `<locationResponse xmlns="urn:ietf:params:xml:ns:geopriv:held">${pidf(`<gml:Point ${WGS84}><gml:pos>3 3</gml:pos></gml:Point>`).replace(/<\?xml.*?\?>/, '')}</locationResponse>`
  t.match(readPidf(held), { point: { lat: 3, lon: 3 } }, 'inside a HELD response')
})

t.test('XML: strict, bounded, and without a document type', async (t) => {
  t.match(parseXml('<a x="&lt;&#x4e2d;"><!-- - --><b>1<![CDATA[<2>]]>&amp;</b><c/></a>'), { name: 'a', children: [{ name: 'b', text: '1<2>&' }, { name: 'c' }] })
  for (const [what, xml] of [
    ['document type', '<!DOCTYPE a><a/>'], ['entity bomb', '<!DOCTYPE a [<!ENTITY b "&c;&c;"><!ENTITY c "xx">]><a>&b;</a>'], ['outer entity', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'],
    ['unknown entity', '<a>&nbsp;</a>'], ['inherited name as entity', '<a>&constructor;</a>'], ['bare ampersand', '<a>a & b</a>'], ['surrogate', '<a>&#xd800;</a>'], ['control character', '<a>&#0;</a>'],
    ['not closed', '<a><b></a>'], ['crossed', '<a><b></a></b>'], ['two roots', '<a/><b/>'], ['text outside', 'x<a/>'], ['empty', ''], ['attribute twice', '<a x="1" x="2"/>'],
    ['attribute without quotes', '<a x=1/>'], ['< in an attribute', '<a x="<"/>'], ['unbound prefix', '<p:a/>'], ['processing instruction', '<a><?php x?></a>'],
    ['too deep', `${'<a>'.repeat(XML_LIMITS.depth + 1)}${'</a>'.repeat(XML_LIMITS.depth + 1)}`], ['too many', `<a>${'<b/>'.repeat(XML_LIMITS.elements + 1)}</a>`],
    ['too long', `<a>${'x'.repeat(XML_LIMITS.characters)}</a>`], ['too many attributes', `<a ${Array.from({ length: 40 }, (_, n) => `a${n}="1"`).join(' ')}/>`],
  ] as const) t.throws(() => parseXml(xml), { name: 'XmlError' }, what)
  const words = fc.array(fc.constantFrom('<a>', '</a>', '<b x="1"', '/>', '>', '<!--', '-->', '<![CDATA[', ']]>', '&amp;', '&', '"', 'x', '<?xml ', '?>', '<!DOCTYPE', ' ', 'xmlns:p="u"', '<p:a'), { maxLength: 40 }).map((list) => list.join(''))
  fc.assert(fc.property(fc.oneof(words, fc.string({ unit: 'binary' })), (xml) => {
    try {
      parseXml(xml)
      readPidf(xml)
    } catch (error) {
      t.match(error, { name: 'XmlError' })
    }
  }), { numRuns: 500 })
})

t.test('multipart bodies', async (t) => {
  const body = ['preamble', '--b', 'Content-Type: application/sdp', '', 'v=0', '--b', 'content-type: application/pidf+xml;charset=utf-8', 'Content-ID:  <a@b>', '', '<x/>', '--b--', 'epilogue'].join('\r\n')
  t.match(partsOf('multipart/mixed; boundary=b', body), [{ type: 'application/sdp', content: 'v=0' }, { type: 'application/pidf+xml', id: 'a@b', content: '<x/>' }])
  const nested = ['--o', 'Content-Type: multipart/related;boundary="b"', '', body, '--o--'].join('\r\n')
  t.match(partsOf('multipart/mixed;boundary=o', nested).map(({ id }) => id), ['', 'a@b'])
  t.same(partsOf('multipart/mixed', body), [])
  t.equal(partsOf('multipart/mixed;boundary=b', '--b\r\n\r\nx\r\n'.repeat(5_000)).length, 16)
  fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (type, text) => { t.ok(partsOf(`multipart/${type}`, text).length <= 64) }))
})

t.test('by reference: hosts on the list only, a deadline, a size limit, no redirect', async (t) => {
  let handle: RequestListener = () => undefined
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const asked: string[] = []
  const server = createServer((request, response) => { asked.push(request.url ?? ''); handle(request, response) })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => { server.close(); server.closeAllConnections() })
  const address = server.address()
  const host = `127.0.0.1:${typeof address === 'object' ? address?.port ?? 0 : 0}`
  const lost: string[] = []
  const options: LocateOptions = { hosts: new Set([host]), deadline: 1_500, largest: 48 * 1024, fetch, onLost: (reason) => { lost.push(reason) } }
  const ask = (uri: string) => locate([`<${uri}>`], 'application/sdp', 'v=0', options)
  const point = pidf(`<gml:Point ${WGS84}><gml:pos>34.6 112.4</gml:pos></gml:Point>`)

  handle = (request, response) => { t.match(request.headers.accept, /pidf\+xml/); response.end(point) }
  t.match(await ask(`http://${host}/loc/1`), { point: { lat: 34.6, lon: 112.4 } })
  for (const [what, behaviour, reason] of [
    ['never answers', () => undefined, 'unreachable'],
    ['answers drop by drop, while garbage is collected', (_request, response) => { response.write('<'); const timer = setInterval(() => { response.write(' '); collect() }, 50); response.on('close', () => { clearInterval(timer) }) }, 'unreachable'],
    ['an endless answer', (_request, response) => { const more = (): void => { while (response.write('x'.repeat(10_000))) { /* until it is full */ } }; response.on('drain', more); response.on('error', () => undefined); more() }, 'too-large'],
    ['a redirect', (_request, response) => { response.writeHead(302, { location: `http://${host}/elsewhere` }).end() }, 'unreachable'],
    ['an error', (_request, response) => { response.writeHead(404).end(point) }, 'unreachable'],
    ['no XML', (_request, response) => { response.end('<html>') }, 'malformed'],
  ] as readonly (readonly [string, RequestListener, string])[]) {
    handle = behaviour
    t.equal(await ask(`http://${host}/x`), null, what)
    t.equal(lost.at(-1), reason, what)
  }
  t.notOk(asked.includes('/elsewhere'))
  const before = asked.length
  for (const uri of [`http://localhost:${host.split(':')[1] ?? ''}/`, 'http://169.254.169.254/latest', `http://user:pass@${host}/`, `ftp://${host}/`, 'http://[::1', 'cid:nothing@here', `http://${host}@evil.example/`]) t.equal(await ask(uri), null, uri)
  t.equal(asked.length, before, 'nobody was asked')
  handle = (_request, response) => { response.end(point) }
  const value = ['--b', 'Content-Type: application/pidf+xml', 'Content-ID: <v@x>', '', pidf(`<gml:Point ${WGS84}><gml:pos>1 2</gml:pos></gml:Point>`), '--b--'].join('\r\n')
  t.match(await locate([`<http://${host}/>`, '<cid:v@x>;inserted-by="x"'], 'multipart/mixed;boundary=b', value, options), { point: { lat: 1, lon: 2 } }, 'by value first: it costs no time')
  t.match(await locate([`<http://${host}/>`, '<cid:v@x>'], 'multipart/mixed;boundary=b', `${value}${' '.repeat(48 * 1024)}`, options), { point: { lat: 34.6 } }, 'a body that is too large is not looked into')
  t.equal(lost.at(-1), 'too-large')
  t.equal(asked.length, before + 1)
})
