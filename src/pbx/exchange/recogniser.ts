import { bytesOf, type Fields } from './wire.js'

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** What an engine adds to the event of a result: `unimrcp` as mod_unimrcp.c does (NLSML; silence, which is an empty text here, by its cause alone), any other JSON. */
export function resultOf(engine: string, text: string): Fields {
  if (engine !== 'unimrcp') return { _body: bytesOf(JSON.stringify({ text })) }
  if (text === '') return { 'ASR-Completion-Cause': '2', '_body': 'Completion-Cause: 002' }
  const input = text.replace(/[&<>]/g, (character) => ESCAPES[character] ?? '')
  return { 'ASR-Completion-Cause': '0', '_body': bytesOf(`<?xml version="1.0"?><result><interpretation confidence="0.9"><input mode="speech">${input}</input></interpretation></result>`) }
}
