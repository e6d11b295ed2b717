import type { Bilingual } from '../../contracts/primitives.js'

/** Why a kind of problem matters to a caller, by code or by its first word. */
const WHYS: Readonly<Record<string, Bilingual>> = {
  'yaml': { zh: '读不懂的文件不会启用：来电听到的仍是上一个好的版本。', en: 'A file that cannot be read is not used: callers hear the last good version.' },
  'shape': { zh: '写错的一项若被忽略，来电就会走到没有想到的地方。', en: 'If a mistyped entry were ignored, callers would end up where nobody meant them to.' },
  'flow': { zh: '流程按名称调用，名称不清楚就会用错或用不上。', en: 'Flows are called by name: an unclear one is the wrong one, or none.' },
  'entry': { zh: '打进来的人会进错流程，或什么也听不到。', en: 'Whoever calls would enter the wrong flow, or hear nothing.' },
  'node': { zh: '来电会停在半路，或永远到不了这里。', en: 'Callers would be stuck, or never get here.' },
  'part.behind': { zh: '来电永远到不了这里。', en: 'No caller would ever get here.' },
  'node.loop': { zh: '来电会一遍遍听同样的话，直到自己挂断。', en: 'The caller would hear the same again and again until he gives up.' },
  'prompt.missing': { zh: '来电在这一步什么也听不到，只能走故障出口。', en: 'Callers would hear nothing here and be sent on as after a fault.' },
  'prompt.format': { zh: '每次播放都要转换，嘈杂或失真。', en: 'It is converted whenever it is played, and sounds the worse for it.' },
  'prompt.loudness': { zh: '忽大忽小，老人听不清，耳机里又刺耳。', en: 'Loud after quiet: the elderly do not hear the one, the other hurts.' },
  'prompt.peak': { zh: '在电话编码里会爆音。', en: 'Telephone codecs turn it into a crackle.' },
  'prompt.clipped': { zh: '爆音使话听不清。', en: 'Crackling speech is not understood.' },
  'prompt.silence-start': { zh: '太短，第一个字会被吞掉；太长，来电白等。', en: 'Too little, and the first syllable is lost; too much, and the caller waits for nothing.' },
  'prompt.silence-end': { zh: '太短，最后一个字会被切掉；太长，来电白等。', en: 'Too little, and the last syllable is cut; too much, and the caller waits for nothing.' },
  'prompt.length': { zh: '没有人听得下去，也记不住。', en: 'Nobody listens to it, let alone remembers it.' },
  'prompt.text': { zh: '来电听到的与大家以为的不同，按键也可能对不上。', en: 'Callers hear something else than everybody believes; the keys may not match.' },
  'prompt': { zh: '没有核对过的录音，谁也不知道来电听到了什么。', en: 'Of a tape nobody has checked, nobody knows what callers hear.' },
  'tag.category': { zh: '座席看不到类别，工单也派不出去。', en: 'The operator would see no category and the ticket would find no unit.' },
  'tag.unknown': { zh: '写错名称的标签没有人看：座席、统计和条件都不认得它。', en: 'Nobody looks at a tag with a mistyped name: neither operator nor figures nor conditions know it.' },
  'tag.own': { zh: '没有留言、没有登记，却会被当作已经做了。', en: 'What was not done would count as done.' },
  'tag.noted': { zh: '没有人告诉他已登记、可以挂机，他挂了机却算已办结。', en: 'Nobody told him that it is noted and that he may hang up, yet when he does he counts as served.' },
  'tag.value': { zh: '写错的值没有人认得：座席看不懂，统计数不到。', en: 'Nobody knows a mistyped value: the operator cannot read it, and it is not counted.' },
  'tag.language': { zh: '来电会继续听他听不懂的语言。', en: 'The caller would go on hearing a language he does not understand.' },
  'service': { zh: '每个来电都会走故障出口：查询永远不会成功。', en: 'Every caller would be sent on as after a fault: the look-up can never succeed.' },
  'branch': { zh: '来电永远到不了写在那里的节点。', en: 'No caller would ever come to what is written there.' },
  'caller.never': { zh: '这一情形永远不会成立。', en: 'This case could never hold.' },
  'calendar.date': { zh: '这一情形永远不会成立，或不在想要的那天。', en: 'This case could never hold, or not when it is meant to.' },
  'calendar.empty': { zh: '这一情形永远不会成立。', en: 'This case could never hold.' },
  'say': { zh: '来电会听不到这一段，直接走 onFault。', en: 'Callers would hear nothing of it and go the way of a fault.' },
  'value': { zh: '这一情形永远不会成立。', en: 'This case could never hold.' },
  'listen': { zh: '来电说了，却只听到再问一遍。', en: 'The caller says it and is only asked again.' },
  'listen.blank': { zh: '来电说的是别的，却被当作选了这一项。', en: 'Whatever the caller says, it would count as this choice.' },
  'hours': { zh: '这一情形永远不会成立。', en: 'This case could never hold.' },
  'collect': { zh: '来电怎么按都是错的。', en: 'Whatever the caller presses would be wrong.' },
  'file': { zh: '读不到的文件等于没有。', en: 'A file that cannot be read is as good as none.' },
  'proof.queued': { zh: '不在队列里，就没有座席会接到他。', en: 'Whoever is in no queue is answered by nobody.' },
  'proof.unbreakable': { zh: '座席已经空出，报警的人却还说不上话。', en: 'An operator is free, and somebody in danger still cannot speak to him.' },
  'proof.endless': { zh: '来电会一遍遍听同样的话，直到自己挂断。', en: 'The caller would hear the same again and again until he gives up.' },
  'proof.no-fault-exit': { zh: '缺一个录音、断一次线路，来电就停在这里。', en: 'One missing tape, one broken line, and the caller is stuck here.' },
  'proof.hang-up': { zh: '报警电话不能挂断没有得到帮助的人。', en: 'An emergency number does not hang up on somebody who got no help.' },
  'proof.no-barge-in': { zh: '知道该按什么的人也得干等。', en: 'Even who knows his key has to sit through it.' },
  'proof': { zh: '没有证明过的流程，不知道会对来电做什么。', en: 'Of a flow that is not proven, nobody knows what it does to a caller.' },
  'scenario': { zh: '测试没有说清要什么，就什么也保证不了。', en: 'A test that does not say what it wants guarantees nothing.' },
  'test': { zh: '来电会遇到与约定不同的事。', en: 'Callers would meet something else than was agreed.' },
}
const ANY: Bilingual = { zh: '来电会遇到没有人想到的事。', en: 'Callers would meet something that nobody meant.' }

/** Why a problem matters, by its code or the group before the dot. */
export function whyOf(code: string): Bilingual {
  return WHYS[code] ?? WHYS[code.split('.')[0] ?? ''] ?? ANY
}
