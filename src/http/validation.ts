import type { FastifySchemaValidationError } from 'fastify'
import { sayProblem } from '../contracts/validation.js'

/** Where a request is wrong (`body.loginName`) and how, in one language. Unions report every branch; the deepest place says most. */
export function whatIsWrong(context: string, errors: readonly FastifySchemaValidationError[], language: 'zh' | 'en'): { readonly where: string; readonly problem: string } {
  const depth = ({ instancePath }: FastifySchemaValidationError): number => instancePath.split('/').length
  const worst = [...errors].sort((a, b) => depth(b) - depth(a))[0]
  if (worst === undefined) return { where: context, problem: '' }
  return { where: `${context}${worst.instancePath.replaceAll('/', '.')}`, problem: sayProblem(worst.keyword, worst.params)?.[language] ?? worst.message ?? worst.keyword }
}
