import type { NodeType } from '../node-type.js'
import { branch } from './branch.js'
import { collect } from './collect.js'
import { end } from './end.js'
import { goto } from './goto.js'
import { menu } from './menu.js'
import { play } from './play.js'
import { tag } from './tag.js'

/** Every node type of the language: a new one is a file beside this and a line here. */
export const NODE_TYPES: ReadonlyMap<string, NodeType> = new Map([
  play,
  menu,
  collect,
  tag,
  branch,
  goto,
  end,
].map((type) => [type.type, type]))
