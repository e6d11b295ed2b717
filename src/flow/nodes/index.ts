import type { NodeType } from '../node-type.js'
import { branch } from './branch.js'
import { callBack } from './call-back.js'
import { collect } from './collect.js'
import { end } from './end.js'
import { goto } from './goto.js'
import { hangUp } from './hang-up.js'
import { language } from './language.js'
import { listen } from './listen.js'
import { lookUp } from './look-up.js'
import { menu } from './menu.js'
import { message } from './message.js'
import { play } from './play.js'
import { queue } from './queue.js'
import { returns } from './return.js'
import { set } from './set.js'
import { subFlow } from './sub-flow.js'
import { tag } from './tag.js'
import { transfer } from './transfer.js'

/** Every node type of the language: a new one is a file beside this and a line here. */
export const NODE_TYPES: ReadonlyMap<string, NodeType> = new Map([
  play,
  menu,
  collect,
  listen,
  tag,
  set,
  branch,
  goto,
  language,
  queue,
  message,
  callBack,
  transfer,
  lookUp,
  subFlow,
  returns,
  end,
  hangUp,
].map((type) => [type.type, type]))
