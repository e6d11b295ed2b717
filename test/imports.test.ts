import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { temporaryDirectory } from './helpers/directory.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const { forbidden } = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as { forbidden: readonly { name: string }[] }

/** What breaks each rule: a file, and what it must not import. */
const BROKEN: Readonly<Record<string, readonly (readonly [file: string, imports: string])[]>> = {
  'no-circular': [['src/store/circle-a.ts', './circle-b.js']],
  'contracts-import-typebox-only': [['src/contracts/bad.ts', '../flow/good.js']],
  'flow-is-pure': [['src/flow/bad.ts', 'node:fs'], ['src/flow/bad-too.ts', '../intake/good.js']],
  'intake-core-is-pure': [['src/intake/core/bad.ts', '../good.js']],
  'dispatch-core-is-pure': [['src/dispatch/core/bad.ts', 'node:timers']],
  'desk-imports-contracts-only': [['src/desk/bad.ts', '../dispatch/good.js']],
  'sip-is-another-process': [['sip/bad.ts', '../src/intake/good.js']],
  'sip-core-is-pure': [['sip/core/bad.ts', '../good.js']],
  'nobody-imports-main': [['src/cli/bad-main.ts', '../main.js'], ['src/config.ts', './wiring/good.js'], ['scripts/bad-main.ts', '../src/main.js']],
  'rooms-get-values': [['src/store/bad-config.ts', '../config.js'], ['src/http/bad-log.ts', '../logger.js'], ['src/pbx/bad-metrics.ts', '../metrics.js'], ['src/intake/bad-paths.ts', '../paths.js']],
  'rooms-declare-their-ports': [['src/intake/bad.ts', '../pbx/good.js'], ['src/people/bad.ts', '../store/good.js'], ['src/delivery/bad.ts', '../http/good.js']],
  'pbx-knows-no-other-effect': [['src/pbx/bad.ts', '../store/good.js']],
  'store-knows-no-other-effect': [['src/store/bad.ts', '../http/good.js']],
  'http-knows-no-other-effect': [['src/http/bad.ts', '../pbx/good.js'], ['src/http/bad-too.ts', '../store/good.js']],
  'net-is-small': [['src/net/bad.ts', '../contracts/fine.js']],
  'disk-is-small': [['src/disk/bad.ts', '../contracts/fine.js']],
  'time-is-small': [['src/time/bad.ts', 'node:fs']],
  'nobody-imports-cli': [['src/wiring/bad-cli.ts', '../cli/good.js']],
  'nobody-imports-tests': [['src/store/bad-test.ts', '../../test/good.js'], ['scripts/bad-test.ts', '../test/good.js']],
  'scripts-import-src': [['scripts/bad.ts', '../bin/good.js']],
  'nobody-imports-scripts': [['src/cli/bad-script.ts', '../../scripts/good.js']],
  'flow-files-are-data': [['src/cli/bad-flow.ts', '../../ivr-flows/good.js']],
  'modesl-in-pbx-esl': [['src/pbx/bad-modesl.ts', 'modesl']],
  'pg-in-store': [['src/people/bad-pg.ts', 'pg']],
  'graphile-worker-in-store': [['src/dispatch/bad-worker.ts', 'graphile-worker']],
  'fastify-in-http': [['src/intake/bad-fastify.ts', 'fastify'], ['src/cli/bad-cookie.ts', '@fastify/cookie']],
  'drachtio-in-sip': [['src/pbx/bad-srf.ts', 'drachtio-srf']],
}
/** A circle is told once, at the file where it is met first. */
const CIRCLE_BACK = ['src/store/circle-b.ts', './circle-a.js'] as const
/** What is allowed, next to it. */
const FINE: readonly (readonly [file: string, imports: string])[] = [
  ['src/pbx/esl/fine.ts', 'modesl'], ['src/store/fine.ts', 'pg'], ['src/http/fine.ts', 'fastify'], ['sip/fine.ts', 'drachtio-srf'], ['src/cli/start.ts', '../main.js'], ['src/main.ts', './wiring/good.js'], ['src/wiring/fine.ts', '../config.js'],
  ['src/wiring/fine-too.ts', '../store/good.js'], ['src/pbx/fine.ts', '../intake/good.js'], ['src/contracts/fine.ts', './good.js'], ['src/net/fine.ts', 'node:dns'], ['src/disk/fine.ts', 'node:fs'], ['src/store/fine-disk.ts', '../disk/good.js'], ['src/people/fine.ts', '../time/good.js'], ['test/fine.ts', 'pg'], ['test/fine-too.ts', '../src/main.js'], ['scripts/fine.ts', '../src/store/good.js'], ['scripts/fine-too.ts', 'node:fs'],
]
const GOOD = ['src/contracts', 'src/flow', 'src/intake', 'src/dispatch', 'src/pbx', 'src/store', 'src/http', 'src/time', 'src/disk', 'src/cli', 'src/wiring', 'sip', 'test', 'scripts', 'bin', 'ivr-flows'].map((folder) => `${folder}/good.ts`)

t.test('every import rule catches what it forbids, and nothing else', (t) => {
  const tree = temporaryDirectory()
  t.teardown(() => { rmSync(tree, { recursive: true, force: true }) })
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(tree, file)), { recursive: true })
    writeFileSync(join(tree, file), text)
  }
  for (const file of [...GOOD, 'src/logger.ts', 'src/metrics.ts', 'src/paths.ts']) write(file, 'export const it = 1\n')
  for (const [file, imports] of [CIRCLE_BACK, ...FINE, ...Object.values(BROKEN).flat()]) write(file, `import * as other from '${imports}'\nexport const own = () => other\n`)
  for (const name of ['modesl', 'pg', 'graphile-worker', 'fastify', '@fastify/cookie', 'drachtio-srf']) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }))
    write(`node_modules/${name}/index.js`, 'module.exports = {}\n')
  }
  write('package.json', JSON.stringify({ type: 'module', dependencies: { 'modesl': '*', 'pg': '*', 'graphile-worker': '*', 'fastify': '*', '@fastify/cookie': '*', 'drachtio-srf': '*' } }))
  write('tsconfig.json', readFileSync(join(root, 'tsconfig.json'), 'utf8'))
  write('.dependency-cruiser.cjs', readFileSync(join(root, '.dependency-cruiser.cjs'), 'utf8'))

  const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'), 'src', 'sip', 'test', 'scripts', '--config', '.dependency-cruiser.cjs', '--output-type', 'json'], { cwd: tree, encoding: 'utf8', maxBuffer: 1 << 26 })
  const report = JSON.parse(stdout === '' ? JSON.stringify({ error: stderr }) : stdout) as { summary: { violations: readonly { from: string; rule: { name: string } }[] } }
  const found = new Map<string, Set<string>>()
  for (const { from, rule } of report.summary.violations) found.set(rule.name, (found.get(rule.name) ?? new Set<string>()).add(from))
  for (const { name } of forbidden) {
    const caught = found.get(name) ?? new Set<string>()
    t.ok(BROKEN[name], `${name} is broken here on purpose`)
    for (const [file] of BROKEN[name] ?? []) t.ok(caught.has(file), `${name} catches ${file}`)
  }
  const guilty = new Set([...found.values()].flatMap((files) => [...files]))
  for (const [file] of FINE) t.notOk(guilty.has(file), `${file} is fine`)
  t.end()
})
