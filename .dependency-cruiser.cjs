// The import rules of design.md, "Rooms". `npm run lint` runs them.
const only = (name, from, allowed, comment) => ({
  name, comment, severity: 'error',
  from: { path: from },
  to: { pathNot: allowed },
})
const EDGE = ['^sip/', '^src/contracts/', '^node_modules/(drachtio-srf|pino)/']
const ownedBy = (name, module, rooms) => ({
  name, severity: 'error',
  comment: `only ${rooms} may import ${module}`,
  from: { pathNot: rooms },
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
    only('sip-core-is-pure', '^sip/core/', ['^sip/core/', '^sip/location/place', '^src/contracts/'], 'pool, admission and counts are functions of (state, event, now)'),
    { name: 'nobody-imports-main', severity: 'error', from: { pathNot: '^src/cli/' }, to: { path: '^src/main\\.ts$' } },
    { name: 'rooms-declare-their-ports', comment: 'a use-case room reaches effects through interfaces of its own', severity: 'error', from: { path: '^src/(intake|dispatch|oversight|people)/' }, to: { path: '^src/(pbx|store|http|cli)/' } },
    ownedBy('modesl-in-pbx', 'modesl', '^src/pbx/'),
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
