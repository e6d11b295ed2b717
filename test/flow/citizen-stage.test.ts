import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { CITIZEN_STAGES, STAGE_NAMES } from '../../src/contracts/citizen-stage.js'

const read = (path: string): unknown => parse(readFileSync(new URL(`../../ivr-flows/${path}`, import.meta.url), 'utf8'))

t.test('who asks by telephone hears the words that stand on the web, at every stage', async (t) => {
  const texts = { zh: read('prompts/zh-CN/texts.yaml'), en: read('prompts/en/texts.yaml') } as Record<'zh' | 'en', Record<string, string>>
  const { nodes } = read('ask.yaml') as { readonly nodes: Readonly<Record<string, { readonly prompts?: readonly unknown[]; readonly cases?: readonly { readonly when: { readonly var: { readonly stage?: string } }; readonly goto: string }[] }>> }
  for (const stage of STAGE_NAMES) {
    for (const language of ['zh', 'en'] as const) t.ok(texts[language][`ask-${stage}`]?.toLowerCase().includes(CITIZEN_STAGES[stage][language].toLowerCase()), `${stage} ${language}: ${texts[language][`ask-${stage}`] ?? 'no text'}`)
    const way = nodes['which']?.cases?.find(({ when }) => when.var.stage === stage)?.goto ?? ''
    t.equal(nodes[way]?.prompts?.[0], `ask-${stage}`, `${stage}: its own words`)
  }
})
