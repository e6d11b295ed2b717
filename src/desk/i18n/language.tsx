import { createContext, use } from 'react'
import type { Language } from '../../contracts/primitives.js'
import { en } from './en.js'
import { zhCN, type Dictionary } from './zh-CN.js'

export const DICTIONARIES: Readonly<Record<Language, Dictionary>> = { 'zh-CN': zhCN, en }

export const LanguageContext = createContext<Language>('zh-CN')

/** The desk's words in the language chosen. */
export const useText = (): Dictionary => DICTIONARIES[use(LanguageContext)]

/** The language of this desk. */
export const useLanguage = (): Language => use(LanguageContext)
