import type { Bench } from './figure.js'
import { SUBJECTS } from './subjects.js'

/** Runs one subject in a process of its own: no heap, no compiled code and no timer of another subject disturbs it. */
const [subject = ''] = process.argv.slice(2)
const load = SUBJECTS[subject]
if (load === undefined) throw new Error(`there is no subject ${subject}`)
const bench: Bench = await load()
const result = await bench((line) => { process.stderr.write(`  ${line}\n`) })
process.send?.(result, () => { process.disconnect() })
