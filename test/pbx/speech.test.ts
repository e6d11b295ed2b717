import fc from 'fast-check'
import t from 'tap'
import { speechText } from '../../src/pbx/speech.js'

t.test('what a recogniser says, in the forms it is said in', async (t) => {
  const nlsml = '<result><interpretation><instance>x</instance><input mode="speech">man hole</input></interpretation></result>'
  const table: readonly (readonly [result: string, text: string, cause?: string])[] = [
    ['井盖坏了', '井盖坏了'], ['{"text":"井盖","confidence":0.9}', '井盖'], ['{"text":5}', ''], ['{"text":', ''], ['', ''],
    ['<?xml version="1.0"?><result><interpretation confidence="97"><instance>x</instance><input mode="speech">man hole</input></interpretation></result>', 'man hole'],
    ['<result><nomatch/></result>', ''],
    // mod_unimrcp: words; they went on for longer than the server listens; a server that tells no cause; silence, no match, an error, with a body and without.
    [nlsml, 'man hole', '0'], [nlsml, 'man hole', '8'], [nlsml, 'man hole', '17'], [nlsml, '', '1'], [nlsml, '', '13'],
    ...[1, 2, 3, 6, 8, 15, 16, 17].map((cause) => [`Completion-Cause: ${String(cause).padStart(3, '0')}`, '', String(cause)] as const),
    ['Completion-Cause: 002', ''], ['井盖', '', '2'],
  ]
  for (const [result, text, cause] of table) t.equal(speechText(result, cause), text, `${result} ${cause ?? ''}`)
  fc.assert(fc.property(fc.string(), (result) => speechText(result).length <= 500))
})
