/** Writes the JSON Schemas that editors use for the files in `ivr-flows`. Usage: npx tsx scripts/flow-schema.ts */
import { writeFileSync } from 'node:fs'
import { editorSchemas } from '../src/flow/file.js'

for (const [name, schema] of Object.entries(editorSchemas())) {
  writeFileSync(new URL(`../ivr-flows/${name}`, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`)
}
