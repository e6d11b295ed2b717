/**
 * Messages after RFC 4475 ("SIP torture test messages"), pointed at 110 of the host under test: `HOST` is replaced by host:port.
 * Section 3.1.1 is valid though odd, 3.1.2 is not valid, 3.2–3.3 are wrong in what they mean. Bytes, not characters: some are no UTF-8.
 */
const lines = (...text: readonly string[]): string => text.join('\r\n')
const SDP = lines('v=0', 'o=mhandley 29739 7272939 IN IP4 192.0.2.3', 's=-', 'c=IN IP4 192.0.2.4', 't=0 0', 'm=audio 49217 RTP/AVP 8', 'a=rtpmap:8 PCMA/8000', '')
const call = (more: readonly string[], body = '', first = 'INVITE sip:110@HOST SIP/2.0', length: number | string = Buffer.byteLength(body)): string =>
  lines(first, ...more, `Content-Length: ${length}`, '', body)
const head = (id: string): readonly string[] => [
  'Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKt' + id, 'Max-Forwards: 70', `From: <sip:caller@example.net>;tag=${id}`, 'To: <sip:110@example.com>', `Call-ID: ${id}@torture`, 'CSeq: 1 INVITE', 'Contact: <sip:caller@127.0.0.1:9>',
]
const without = (id: string, name: string): readonly string[] => head(id).filter((line) => !line.startsWith(name))
const bytes = (...parts: readonly (string | readonly number[])[]): Buffer => Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))

export const TORTURE: readonly (readonly [string, string | Buffer])[] = [
  ['3.1.1.1 wsinv: a short tortuous INVITE', lines('INVITE sip:110@HOST;unknownparam SIP/2.0', 'TO :', ' sip:110@example.com ;   tag    = 1918181833n', 'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>', '  ;', '  tag = 98asjd8', 'MaX-fOrWaRdS: 0068', 'Call-ID: wsinv.ndaksdj@192.0.2.1', 'Content-Length   : 150', 'cseq: 0009', '  INVITE', 'Via  : SIP  /   2.0', ' /UDP', '    127.0.0.1:9;branch=390skdjuw', 's :', 'NewFangledHeader:   newfangled value', ' continued newfangled value', 'UnknownHeaderWithUnusualValue: ;;,,;;,;', 'Content-Type: application/sdp', 'Route:', ' <sip:services.example.com;lr;unknownwith=value;unknown-no-value>', 'v:  SIP  / 2.0  / TCP     spindle.example.com   ;', '  branch  =   z9hG4bK9ikj8  ,', ' SIP  /    2.0   / UDP  192.168.255.111   ; branch=', ' z9hG4bK30239', 'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =', '      newvalue ;', '  secondparam ; q = 0.33', '', SDP)],
  ['3.1.1.2 intmeth: a wide range of characters', call(head('intmeth').map((line) => line.replace('CSeq: 1 INVITE', "CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~")), '', "!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@HOST SIP/2.0")],
  ['3.1.1.3 esc01: escaped characters', call(head('esc01').map((line) => line.replace('sip:caller@example.net', 'sip:I%20have%20spaces@example.net')), SDP, 'INVITE sip:sips%3Auser%40example.com@HOST SIP/2.0')],
  ['3.1.1.4 escnull: escaped nulls', call([...without('escnull', 'From').map((line) => line.replace('<sip:110@', '<sip:null-%00-null@')), 'From: sip:null-%00-null@example.com;tag=839923423'])],
  ['3.1.1.6 lwsdisp: no blank before <', call([...without('lwsdisp', 'From'), 'From: caller<sip:caller@example.com>;tag=323'], SDP)],
  ['3.1.1.7 longreq: long values in header fields', call([...head('longreq'), `X-Long: ${'amazinglylongvalue'.repeat(60)}`, ...Array.from({ length: 30 }, (_, n) => `Via: SIP/2.0/TCP sip${n}.example.com;branch=z9hG4bKa${n}`)], SDP)],
  ['3.1.1.8 dblreq: octets after the message', `${call(head('dblreq'), SDP)}INVITE sip:joe@HOST SIP/2.0\r\nt: <sip:joe@example.com>\r\n\r\n`],
  ['3.1.1.9 semiuri: semicolon in the user part', call(head('semiuri'), SDP, 'INVITE sip:user;par=u%40example.net@HOST SIP/2.0')],
  ['3.1.1.10 transports', call([...head('transports'), 'Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKkl', 'Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKzz'], SDP)],
  ['3.1.1.11 mpart01: binary in a multipart body', bytes(call([...head('mpart'), 'Content-Type: multipart/signed;boundary=7a9cbec02ceef655'], '', undefined, 120), `--7a9cbec02ceef655\r\nContent-Type: application/octet-stream\r\n\r\n`, [0, 0xff, 0xfe, 0x80, 0x0d, 0x0a, 0x00], '\r\n--7a9cbec02ceef655--\r\n', new Array<number>(40).fill(0x20))],
  ['3.1.2.1 badinv01: extraneous separators', call([...without('badinv', 'Via').map((line) => line.replace('<sip:caller@127.0.0.1:9>', '"Joe" <sip:joe@example.org>;;;;')), 'Via: SIP/2.0/UDP 127.0.0.1:9;;,;,,'], SDP)],
  ['3.1.2.2 clerr: Content-Length larger than the message', call(head('clerr'), SDP, undefined, 9_999)],
  ['3.1.2.3 ncl: negative Content-Length', call(head('ncl'), SDP, undefined, -999)],
  ['3.1.2.4 scalar02: scalars too large', call([...without('scalar', 'CSeq').filter((line) => !line.startsWith('Max-F')), 'CSeq: 36893488147419103232 INVITE', 'Max-Forwards: 300', 'Expires: 1000000000000000000000000000000000'])],
  ['3.1.2.6 quotbal: an open quote', call([...without('quotbal', 'To'), 'To: "Mr J. User <sip:110@example.com>'], SDP)],
  ['3.1.2.7 ltgtruri: URI in angle brackets', call(head('ltgtruri'), SDP, 'INVITE <sip:110@HOST> SIP/2.0')],
  ['3.1.2.8 lwsruri: blanks in the URI', call(head('lwsruri'), SDP, 'INVITE sip:110@HOST; lr SIP/2.0')],
  ['3.1.2.9 lwsstart: blanks between elements', call(head('lwsstart'), SDP, 'INVITE  sip:110@HOST  SIP/2.0')],
  ['3.1.2.10 trws: blanks at the end of the start line', call(head('trws'), SDP, 'INVITE sip:110@HOST SIP/2.0  ')],
  ['3.1.2.11 escruri: escaped headers in the URI', call(head('escruri'), SDP, 'INVITE sip:110@HOST?Route=%3Csip:example.com%3E SIP/2.0')],
  ['3.1.2.12 baddate', call([...head('baddate'), 'Date: Fri, 01 Jan 2010 16:00:00 EST'], SDP)],
  ['3.1.2.14 badaspec: blanks within addr-spec', call([...without('badaspec', 'To'), 'To: "Watson, Thomas" < sip:110@example.org >'], SDP)],
  ['3.1.2.15 baddn: display name without quotes', call([...without('baddn', 'From'), 'From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43'], SDP)],
  ['3.1.2.16 badvers: unknown version', call(head('badvers'), SDP, 'INVITE sip:110@HOST SIP/7.0')],
  ['3.1.2.17 mismatch01: method and CSeq differ', call(without('mismatch', 'CSeq').concat('CSeq: 8 OPTIONS'), SDP)],
  ['3.1.2.19 bigcode: a status of five digits', lines('SIP/2.0 4294967301 better not break the receiver', 'Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK4', 'From: <sip:a@example.com>;tag=1', 'To: <sip:b@example.com>;tag=2', 'Call-ID: bigcode', 'CSeq: 353494 INVITE', 'Content-Length: 0', '', '')],
  ['3.2.1 badbranch', call([...without('badbranch', 'Via'), 'Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK'], SDP)],
  ['3.3.1 insuf: no Call-ID, From, To', lines('INVITE sip:110@HOST SIP/2.0', 'CSeq: 193942 INVITE', 'Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKinsuf', 'Content-Type: application/sdp', 'Content-Length: 0', '', '')],
  ['3.3.2 unkscm: unknown scheme', call(head('unkscm'), SDP, 'INVITE nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0')],
  ['3.3.6 bext01: unknown Require', call([...head('bext01'), 'Require: nothingSupportsThis, nothingSupportsThisEither'], SDP)],
  ['3.3.7 invut: unknown content', call([...head('invut'), 'Content-Type: application/unknownformat'], '<audio>')],
  ['3.3.8 multi01: single headers several times', call([...head('multi'), 'CSeq: 59 INVITE', 'Call-ID: other', 'To: <sip:other@example.com>', 'From: <sip:other@example.com>;tag=3413415', 'Max-Forwards: 5'], SDP)],
  ['3.3.9 mcl01: two Content-Lengths', call([...head('mcl01'), 'Content-Length: 13'], SDP)],
  ['3.3.10 bcast: a response nobody asked for', lines('SIP/2.0 200 OK', 'Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923', 'Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23', 'Call-ID: bcast.0384840201234ksdfak3j2erwedfsASdf', 'CSeq: 35 INVITE', 'From: <sip:user@example.com>;tag=11141343', 'To: <sip:user@example.edu>;tag=2229', 'Content-Length: 0', '', '')],
  ['3.3.11 zeromf: Max-Forwards of nought', call([...without('zeromf', 'Max-F'), 'Max-Forwards: 0'], SDP)],
  ['3.3.15 sdp01: unacceptable body only', call([...head('sdp01'), 'Content-Type: text/nobodyKnowsThis'], 'x')],
  ['3.4.1 inv2543: INVITE of RFC 2543', lines('INVITE sip:110@HOST SIP/2.0', 'Via: SIP/2.0/UDP 127.0.0.1:9', 'From: <sip:caller@example.net>', 'To: <sip:110@example.com>', 'Call-ID: inv2543', 'CSeq: 1 INVITE', 'Contact: <sip:caller@127.0.0.1:9>', 'Content-Type: application/sdp', '', SDP)],
  ['no SIP: nulls', Buffer.alloc(400)],
  ['no SIP: every byte', Buffer.from(Array.from({ length: 256 }, (_, n) => n))],
  ['GBK in display name and headers', bytes(lines('INVITE sip:110@HOST SIP/2.0', ...without('gbk', 'From'), 'From: "'), [0xd5, 0xc5, 0xc8, 0xfd], '" <sip:13900000001@example.net>;tag=gbk\r\nSubject: ', [0xce, 0xd2, 0xd2, 0xaa], '\r\nContent-Type: application/sdp\r\n', `Content-Length: ${Buffer.byteLength(SDP)}\r\n\r\n${SDP}`)],
  ['only a start line', 'INVITE sip:110@HOST SIP/2.0\r\n\r\n'],
  ['headers without end', `INVITE sip:110@HOST SIP/2.0\r\n${'A: b\r\n'.repeat(1_000)}`],
]

/** The message with its target written in. */
export const aimed = (message: string | Buffer, host: string): string | Buffer =>
  typeof message === 'string' ? message.replaceAll('HOST', host) : Buffer.from(message.toString('latin1').replaceAll('HOST', host), 'latin1')
