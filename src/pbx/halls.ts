import { descendants, type Element } from './doctor/xml.js'

/**
 * Whether a dialplan knows of callers who are brought from one FreeSWITCH to another (sip/freeswitch/dialplan/citizens.xml): `edge` marks whom another one brought, so
 * that he is brought no further, and `carried-home` refuses whom this one brings itself, so that the edge takes him to another. Without the first he may go round and
 * round, without the second he may come back to where nobody sits, as a second call.
 * @param context the citizens' context as FreeSWITCH has read it (`xml_locate`)
 */
export function knowsHalls(context: Element): boolean {
  const conditions = [...descendants(context, 'condition')]
  const does = (field: RegExp, application: string, data: RegExp): boolean => conditions.some((condition) => field.test(condition.attributes.get('field') ?? '')
    && [...descendants(condition, 'action')].some(({ attributes }) => attributes.get('application') === application && data.test(attributes.get('data') ?? '')))
  return does(/^\$\{sip_h_X-[^}]*-Carried\}$/, 'set', /^liandong_carried=true$/) && does(/^\$\{sip_h_X-[^}]*-Carried\}\/\$\{core_uuid\}$/, 'respond', /^503\b/)
}
