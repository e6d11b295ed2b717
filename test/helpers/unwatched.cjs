// `npm test` has every process read this first. tap has each of them tell it which modules it reads: of use to `tap --changed` and to who
// counts lines, and done by a hook into Node's loading of modules, in another thread, at two seconds of CPU a process.
const module_ = require('node:module')

const { register } = module_
module_.register = (specifier, ...rest) => (String(specifier).includes('/@tapjs/processinfo/') ? undefined : register(specifier, ...rest))
