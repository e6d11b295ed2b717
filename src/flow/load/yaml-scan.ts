import { Lexer } from 'yaml'
import type { Report } from './report.js'

export const MAX_LENGTH = 1_000_000
export const MAX_DEPTH = 32

/**
 * Private-use characters that stand in for an unquoted `*` and `#` after they were reported,
 * so that the rest of the file can be read and all its problems be told at once. One character each: positions stay.
 */
const STAND_INS = { '*': '\uE000', '#': '\uE001' } as const
const ROUNDS = 50
/** PostgreSQL keeps no NUL, XML none of these. */
export const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/
/** As Unicode writes it: `0000`. */
export const codeOf = (character: string): string => character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')

/**
 * Signs of a Chinese keyboard where YAML wants its own, at the beginning of an unquoted text: `goto：noted`, `"1"：`, `“1”`, `goto，to`.
 * In Chinese prose they stay what they are.
 */
const FULL_WIDTH: readonly (readonly [text: RegExp, keysOnly: boolean])[] = [[/^[A-Za-z0-9_-]*(：)/, true], [/^([“”‘’＂＇])[A-Za-z0-9*#.-]+[“”‘’＂＇]$/, false], [/^[A-Za-z0-9_-]+(，) ?[A-Za-z0-9_-]+$/, false]]
const HALF_WIDTH: Readonly<Record<string, string>> = { '：': ':', '，': ',' }

/** Gives a scalar back what the caller's admin typed. */
export function withoutStandIns(text: string): string {
  return text.replaceAll(STAND_INS['*'], '*').replaceAll(STAND_INS['#'], '#')
}

/**
 * First pass over the flat tokens, before anything recursive sees the text: a few hundred thousand `[` end the
 * process inside the yaml package (its error path runs out of memory), so depth is bounded here.
 * Returns the text to parse and its tokens, which cost as much as all the rest of the reading, or null when it must not be parsed.
 */
export function scanYaml(original: string, report: Report): { readonly text: string; readonly tokens: readonly string[] } | null {
  if (original.length > MAX_LENGTH) {
    report('yaml.too-large', { start: 0, end: 1 }, { limit: MAX_LENGTH })
    return null
  }
  const control = CONTROL.exec(original)
  if (control !== null) {
    report('yaml.control', { start: control.index, end: control.index + 1 }, { code: codeOf(control[0]) })
    return null
  }
  let text = original
  // A quoted `#` brings text back that was a comment; it may hold the next one.
  for (let round = 0; round < ROUNDS; round += 1) {
    const { unquoted, fullWidth, tooDeepAt, tokens } = scanTokens(text)
    if (tooDeepAt !== null) {
      report('yaml.too-deep', { start: tooDeepAt, end: tooDeepAt + 1 }, { limit: MAX_DEPTH })
      return null
    }
    // The half-width sign may need a space, so nothing can stand in for it: all of them are told, and what they do to the rest is not.
    for (const at of fullWidth) report('yaml.full-width', { start: at, end: at + 1 }, { sign: text.charAt(at), right: HALF_WIDTH[text.charAt(at)] ?? '"' })
    if (fullWidth.length > 0) return null
    if (unquoted.length === 0) return { text, tokens }
    const characters = text.split('')
    for (const at of unquoted) {
      const character = text[at] === '*' ? '*' : '#'
      report(character === '*' ? 'yaml.star' : 'yaml.hash', { start: at, end: at + 1 })
      characters[at] = STAND_INS[character]
    }
    text = characters.join('')
  }
  return { text, tokens: scanTokens(text).tokens }
}

function scanTokens(text: string): { unquoted: number[]; fullWidth: number[]; tooDeepAt: number | null; tokens: string[] } {
  const unquoted: number[] = []
  const fullWidth: number[] = []
  const tokens: string[] = []
  let at = 0
  let depth = 0
  let indicators = 0
  let plain = false
  for (const token of new Lexer().lex(text)) {
    tokens.push(token)
    // The lexer's own marks (document, scalar, flow error) are not part of the text.
    if (token === '\u0002' || token === '\u001F' || token === '\u0018') {
      plain = token === '\u001F'
      // It gives up brackets that were never closed: what follows is in none of them.
      if (token === '\u0018') depth = 0
      continue
    }
    if (plain) fullWidth.push(...fullWidthIn(text, at, token))
    plain = false
    const first = token[0]
    if (first === '[' || first === '{') depth += 1
    else if (first === ']' || first === '}') depth = Math.max(0, depth - 1)
    else if (first === '\n' || token === '\r\n') indicators = 0
    else if (token === '-' || token === '?') indicators += 1
    else if (first === '*' && /^\*[#:,\]}]*$/.test(token)) unquoted.push(at)
    else if (first === '#' && isLostKey(text, at, token)) unquoted.push(at)
    if (depth > MAX_DEPTH || indicators > MAX_DEPTH) return { unquoted, fullWidth, tooDeepAt: at, tokens }
    at += token.length
  }
  return { unquoted, fullWidth, tooDeepAt: null, tokens }
}

/** Where a full-width sign stands in for YAML's own, in an unquoted text at `at`. */
function fullWidthIn(text: string, at: number, scalar: string): number[] {
  const before = text.slice(text.lastIndexOf('\n', at - 1) + 1, at).trimEnd().at(-1) ?? ''
  for (const [sign, keysOnly] of FULL_WIDTH) {
    const found = sign.exec(scalar)?.[1]
    if (found !== undefined && (!keysOnly || '-{,"\''.includes(before))) return [at + scalar.indexOf(found)]
  }
  return []
}

/** Whether a comment is really the key `#` that somebody forgot to quote. */
function isLostKey(text: string, at: number, comment: string): boolean {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1
  const before = text.slice(lineStart, at)
  if (before.trim() === '') return /^#:(?:\s|$)/.test(comment)
  const lastSign = before.trimEnd().at(-1) ?? ''
  if (!':,[{-'.includes(lastSign)) return false
  if (/^#\s*[,\]}]/.test(comment) || /^#:\s/.test(comment)) return true
  if (!/^#\s*$/.test(comment)) return false
  // `key: #` with an indented block below is an empty comment; without one, a value is missing.
  const nextLine = /\n([ ]*)(?=[^\s#])/.exec(text.slice(at))
  const indent = /^ */.exec(before)?.[0].length ?? 0
  return nextLine === null || (nextLine[1]?.length ?? 0) <= indent
}
