import fc from 'fast-check'
import t from 'tap'
import { speechText } from '../../src/pbx/speech.js'

t.test('what a recogniser says, in the forms it is said in', async (t) => {
  const table: readonly (readonly [result: string, text: string])[] = [
    ['井盖坏了', '井盖坏了'], ['{"text":"井盖","confidence":0.9}', '井盖'], ['{"text":5}', ''], ['{"text":', ''], ['', ''],
    ['<?xml version="1.0"?><result><interpretation confidence="97"><instance>x</instance><input mode="speech">man hole</input></interpretation></result>', 'man hole'],
    ['<result><nomatch/></result>', ''],
  ]
  for (const [result, text] of table) t.equal(speechText(result), text, result)
  fc.assert(fc.property(fc.string(), (result) => speechText(result).length <= 500))
})
