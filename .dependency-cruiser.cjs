// The import rules of design.md, "Rooms". `npm run lint` runs them; test/imports.test.ts breaks each one on purpose.
const only = (name, from, allowed, comment) => ({
  name, comment, severity: 'error',
  from: { path: from },
  to: { pathNot: allowed },
})
const never = (name, from, to, comment) => ({ name, comment, severity: 'error', from, to: { path: to } })
const EDGE = ['^sip/', '^src/contracts/', '^node_modules/(drachtio-srf|lru-cache|pino)/']
const SCRIPTS = ['^scripts/', '^src/', '^sip/', '^node_modules/', '^\\.dependency-cruiser\\.cjs$']
const WIRING = ['^src/main\\.ts$', '^src/wiring/']
/** Rooms of the server; `cli` and what stands directly in `src` are none. */
const ROOMS = '^src/(contracts|flow|intake|dispatch|delivery|disk|net|recording|oversight|people|pbx|store|http|desk|time)/'
const ownedBy = (name, module, rooms) => ({
  name, severity: 'error',
  comment: `only ${rooms} may import ${module}`,
  from: { path: '^(src|sip)/', pathNot: rooms },
  to: { path: `^node_modules/${module}/` },
})
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', comment: 'a circle of value imports has no order in which it can be read', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    only('contracts-import-typebox-only', '^src/contracts/', ['^src/contracts/', '^node_modules/typebox/'], 'shared by server, desk and tests'),
    only('flow-is-pure', '^src/flow/', ['^src/flow/', '^src/contracts/', '^node_modules/(typebox|yaml)/'], 'the IVR language knows no driver, clock or socket'),
    only('intake-core-is-pure', '^src/intake/core/', ['^src/intake/(core/|ports)', '^src/contracts/', '^src/flow/types'], 'the call and the queue are functions of (state, event, now)'),
    only('dispatch-core-is-pure', '^src/dispatch/core/', ['^src/dispatch/core/', '^src/contracts/'], 'ticket transitions are functions'),
    only('desk-imports-contracts-only', '^src/desk/', ['^src/desk/', '^src/contracts/', '^node_modules/'], 'the desk talks to the server by contracts'),
    { ...only('sip-is-another-process', '^sip/', EDGE, 'the edge shares no code with the server but contracts'), to: { pathNot: EDGE, dependencyTypesNot: ['core'] } },
    only('sip-core-is-pure', '^sip/core/', ['^sip/core/', '^sip/location/place', '^src/contracts/', '^node_modules/lru-cache/'], 'pool, admission and counts are functions of (state, event, now)'),
    never('nobody-imports-main', { path: '^(src|sip|scripts)/', pathNot: [...WIRING, '^src/cli/start\\.ts$'] }, '^src/(main\\.ts$|wiring/)', 'the start command alone starts the server'),
    never('rooms-get-values', { path: ROOMS }, '^src/(config|logger|metrics|paths|practice)\\.ts$', 'settings, log and counters come in as arguments'),
    never('rooms-declare-their-ports', { path: '^src/(intake|dispatch|delivery|recording|oversight|people)/' }, '^src/(pbx|store|http|cli)/', 'a use-case room reaches effects through interfaces of its own'),
    ...['pbx', 'store', 'http'].map((room) => never(`${room}-knows-no-other-effect`, { path: `^src/${room}/` }, `^src/(?!${room}/)(pbx|store|http|cli|desk)/`, 'telephone, database and web meet in main alone')),
    { ...only('net-is-small', '^src/net/', ['^src/net/'], 'which addresses may be dialled, for everybody who dials'), to: { pathNot: ['^src/net/'], dependencyTypesNot: ['core'] } },
    { ...only('disk-is-small', '^src/disk/', ['^src/disk/'], 'how a file is written whole, for everybody who writes one'), to: { pathNot: ['^src/disk/'], dependencyTypesNot: ['core'] } },
    only('time-is-small', '^src/time/', ['^src/time/'], 'how long something may take, for everybody who waits'),
    never('nobody-imports-cli', { path: '^(src|sip)/', pathNot: '^src/cli/' }, '^src/cli/', 'commands are the outermost'),
    never('nobody-imports-tests', { path: '^(src|sip|scripts)/' }, '^test/', 'what runs in a city needs no test'),
    { ...only('scripts-import-src', '^scripts/', SCRIPTS, 'scripts write documents and schemas out of the source'), to: { pathNot: SCRIPTS, dependencyTypesNot: ['core'] } },
    never('nobody-imports-scripts', { path: '^(src|sip)/' }, '^scripts/', 'scripts are for developers'),
    never('flow-files-are-data', { path: '^(src|sip|test|scripts)/' }, '^ivr-flows/', 'a city edits them: they are read, never compiled in'),
    ownedBy('modesl-in-pbx-esl', 'modesl', '^src/pbx/esl/'),
    ownedBy('pg-in-store', 'pg', '^src/store/'),
    ownedBy('graphile-worker-in-store', 'graphile-worker', '^src/store/'),
    ownedBy('fastify-in-http', '(fastify|@fastify)', '^src/http/'),
    ownedBy('drachtio-in-sip', 'drachtio-srf', '^sip/'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js', '.json'], exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
