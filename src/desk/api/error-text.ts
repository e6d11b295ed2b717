import { ERRORS, errorText, type ErrorCode } from '../../contracts/errors.js'
import type { Language } from '../../contracts/primitives.js'
import type { Dictionary } from '../i18n/zh-CN.js'
import { ApiError } from './endpoints.js'

/** An error as a person reads it, in the language of the desk as far as it is known there. */
export function textOfError(error: unknown, language: Language, text: Dictionary): string {
  const { code, message, details } = error instanceof ApiError ? error : { code: 'internal', message: String(error), details: {} }
  if (code === 'network') return text.trouble.link
  if (!(code in ERRORS)) return message
  const own = errorText(code as ErrorCode, language === 'en' ? 'en' : 'zh', details)
  return own.includes('{') ? message : own
}
