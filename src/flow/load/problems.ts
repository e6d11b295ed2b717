import type { Bilingual } from '../../contracts/primitives.js'
import { PROOF_PROBLEMS } from '../proof/problems.js'
import { SCENARIO_PROBLEMS } from '../scenario/problems.js'
import { TAPE_PROBLEMS } from '../sound/problems.js'
import { whyOf } from './whys.js'

/**
 * What a problem keeps a flow from. `publishing`: it is built and run as it is written, and nobody is lost by it: something in it does nothing, is not heard,
 * takes the way out for faults, or breaks a promise. `running`: it cannot be built; or it hangs up on somebody who got no help; or it turns in a circle, which a
 * missing tape would make as fast as the program can. The edition that callers are in was checked by the program of the day on which it was published: a rule
 * that is newer must not take it from them. So a new rule is a code of its own that bars publishing, wherever a flow can be run without it; a schema says only
 * what a flow can be built from, and whoever narrows one takes editions out of service.
 */
export type Bars = 'running' | 'publishing'

/** What can be wrong in a flow file, and what to do about it. `{name}` is filled from details. */
export const PROBLEMS = {
  'yaml.too-large': { bars: 'running', problem: { zh: '文件超过 {limit} 个字符。', en: 'The file has more than {limit} characters.' }, remedy: { zh: '请拆分为几个流程文件。', en: 'Split it into several flows.' } },
  'yaml.too-deep': { bars: 'running', problem: { zh: '嵌套超过 {limit} 层。', en: 'Nested more than {limit} levels deep.' }, remedy: { zh: '流程文件最多需要 8 层，请检查缩进和括号。', en: 'A flow needs 8 levels at most: check indentation and brackets.' } },
  'yaml.too-many-aliases': { bars: 'running', problem: { zh: '别名（*名称）展开过多，上限 {limit}。', en: 'Too many aliases (*name), limit {limit}.' }, remedy: { zh: '请直接写出内容。', en: 'Write the content out.' } },
  'yaml.syntax': { bars: 'running', problem: { zh: '此处不是合法的 YAML：{chinese}。', en: 'This is not valid YAML: {message}.' }, remedy: { zh: '请检查这一行及上一行的缩进、引号、括号和冒号后的空格。', en: 'Check indentation, quotes, brackets and the space after colons here and in the line above.' } },
  'yaml.indent': { bars: 'running', problem: { zh: '缩进与相邻各行不一致。', en: 'The indentation does not agree with the lines around it.' }, remedy: { zh: '同一层的各行须从同一列开始。', en: 'Lines of one level must begin in the same column.' } },
  'yaml.tab': { bars: 'running', problem: { zh: '缩进中使用了制表符。', en: 'A tab is used for indentation.' }, remedy: { zh: '请改用空格（编辑器可自动转换）。', en: 'Use spaces; your editor can convert it.' } },
  'yaml.quote-open': { bars: 'running', problem: { zh: '缺少右引号或右括号。', en: 'A closing quote or bracket is missing.' }, remedy: { zh: '请为这里开始的引号或括号补上另一半。', en: 'Close the quote or bracket that opens here.' } },
  'yaml.documents': { bars: 'running', problem: { zh: '一个文件里有多份文档（---）。', en: 'The file holds several documents (---).' }, remedy: { zh: '一个文件只写一个流程，请删去多余的 ---。', en: 'One file holds one flow: remove the extra ---.' } },
  'yaml.empty': { bars: 'running', problem: { zh: '文件是空的。', en: 'The file is empty.' }, remedy: { zh: '请写上内容，或删去此文件；docs/flows.zh-CN.md 开头有一个完整的流程。', en: 'Write its content, or remove it; docs/flows.md begins with a whole flow.' } },
  'yaml.duplicate-key': { bars: 'running', problem: { zh: '“{key}”写了两次，只有一个会生效。', en: '"{key}" is written twice; only one of them would count.' }, remedy: { zh: '请删去其中一个，或改名。', en: 'Remove or rename one of them.' } },
  'yaml.star': { bars: 'running', problem: { zh: '* 没有加引号：YAML 把它当作别名。', en: 'Unquoted *: YAML takes it for an alias.' }, remedy: { zh: '请写成 "*"。', en: 'Write "*".' } },
  'yaml.hash': { bars: 'running', problem: { zh: '# 没有加引号：YAML 把后面当作注释而忽略。', en: 'Unquoted #: YAML ignores what follows as a comment.' }, remedy: { zh: '请写成 "#"。', en: 'Write "#".' } },
  'yaml.full-width': { bars: 'running', problem: { zh: '这里用了中文标点 {sign}。', en: 'A full-width {sign} stands here.' }, remedy: { zh: '请用半角 {right}（冒号、逗号后加一个空格）。', en: 'Use {right} (a colon or comma with a space after it).' } },
  'yaml.alias': { bars: 'running', problem: { zh: '没有名为 &{name} 的锚点。', en: 'There is no anchor &{name}.' }, remedy: { zh: '如果要写星号，请加引号；否则先定义 &{name}。', en: 'If a star is meant, quote it; else define &{name} first.' } },
  'yaml.number': { bars: 'publishing', problem: { zh: '{value} 没有加引号，YAML 把它当作数字 {read}。', en: 'Unquoted {value}: YAML reads it as the number {read}.' }, remedy: { zh: '号码、编号请写成 "{value}"；是数量请写 {read}。', en: 'Write "{value}" if it is read key by key, {read} if it is a number of things.' } },
  'yaml.key': { bars: 'running', problem: { zh: '键必须是一个词。', en: 'A key must be a single word.' }, remedy: { zh: '请写成 名称: 内容。', en: 'Write name: content.' } },
  'yaml.forbidden-key': { bars: 'running', problem: { zh: '不允许使用键“{key}”。', en: 'The key "{key}" is not allowed.' }, remedy: { zh: '请换一个名称。', en: 'Use another name.' } },
  'yaml.tag': { bars: 'running', problem: { zh: '流程文件中不使用 YAML 类型标记（!…）。', en: 'Flow files use no YAML type tags (!…).' }, remedy: { zh: '请删去，文本请加引号。', en: 'Remove it; quote text.' } },
  'shape.unknown-key': { bars: 'running', problem: { zh: '{where}没有“{key}”这一项。', en: '{where} has no key "{key}".' }, remedy: { zh: '{suggestion}', en: '{suggestion}' } },
  'shape.bad-key': { bars: 'running', problem: { zh: '“{key}”不能用在这里。', en: '"{key}" cannot be used here.' }, remedy: { zh: '此处是：{expected}。', en: 'Here goes: {expected}.' } },
  'shape.missing-key': { bars: 'running', problem: { zh: '{where}缺少“{key}”。', en: '{where} lacks "{key}".' }, remedy: { zh: '请补上 {key}：{expected}。', en: 'Add {key}: {expected}.' } },
  'shape.wrong-type': { bars: 'running', problem: { zh: '这里应为{type}。', en: 'This must be {type}.' }, remedy: { zh: '应填：{expected}。', en: 'Expected: {expected}.' } },
  'shape.quote': { bars: 'running', problem: { zh: '{value} 没有加引号，YAML 把它当作{type}。', en: 'Unquoted {value}: YAML reads it as {type}.' }, remedy: { zh: '请写成 "{value}"。', en: 'Write "{value}".' } },
  'shape.too-few': { bars: 'running', problem: { zh: '这里至少要有 {least} 项。', en: 'There must be at least {least} here.' }, remedy: { zh: '应填：{expected}。', en: 'Expected: {expected}.' } },
  'shape.bad-value': { bars: 'running', problem: { zh: '“{value}”不能用在这里。', en: '"{value}" cannot be used here.' }, remedy: { zh: '应填：{expected}。', en: 'Expected: {expected}.' } },
  'shape.bad-choice': { bars: 'running', problem: { zh: '“{value}”不在可选值之内。', en: '"{value}" is not one of the choices.' }, remedy: { zh: '可选：{choices}。', en: 'Choose one of {choices}.' } },
  'flow.name': { bars: 'running', problem: { zh: '流程名“{name}”与文件名“{file}”不一致。', en: 'The flow\'s name "{name}" is not that of its file, "{file}".' }, remedy: { zh: '请写成 flow: "{file}"。', en: 'Write flow: "{file}".' } },
  'flow.duplicate': { bars: 'running', problem: { zh: '流程“{name}”已由 {other} 定义。', en: 'The flow "{name}" is already defined by {other}.' }, remedy: { zh: '请改名或删去其中一个文件。', en: 'Rename or remove one of the files.' } },
  'flow.none': { bars: 'publishing', problem: { zh: '目录 {directory} 中没有流程文件。', en: 'There is no flow file in {directory}.' }, remedy: { zh: '请检查目录（参数、--dir 或设置 flows.directory）；流程文件形如 110.yaml。', en: 'Check the directory (argument, --dir or the setting flows.directory); flow files are named like 110.yaml.' } },
  'flow.gone': { bars: 'publishing', problem: { zh: '流程“{name}”的文件不见了；正在运行的版本继续使用到下次启动，仍有号码、设置或流程用到它的，启动后也继续使用。', en: 'The file of the flow "{name}" is gone; the running version stays until the next start, and after it where a number, a setting or another flow still leads to it.' }, remedy: { zh: '请把文件放回；不再需要的，请去掉用到它的地方，再重新启动。', en: 'Put the file back; if it is no longer wanted, remove what leads to it and restart.' } },
  'flow.languages': { bars: 'publishing', problem: { zh: '语言“{value}”写了两次。', en: 'The language "{value}" is listed twice.' }, remedy: { zh: '请删去其中一个。', en: 'Remove one of them.' } },
  'node.type-missing': { bars: 'running', problem: { zh: '节点“{node}”没有 type。', en: 'Node "{node}" has no type.' }, remedy: { zh: '请补上 type，可选：{choices}。', en: 'Add a type, one of {choices}.' } },
  'node.type-unknown': { bars: 'running', problem: { zh: '没有“{type}”这种节点。', en: 'There is no node type "{type}".' }, remedy: { zh: '{suggestion}', en: '{suggestion}' } },
  'node.no-exit': { bars: 'running', problem: { zh: '节点“{node}”没有出口：缺少“{key}”，来电会停在这里。', en: 'Node "{node}" has no way out: "{key}" is missing and the caller would be stuck.' }, remedy: { zh: '请补上 {key}：{expected}。', en: 'Add {key}. {expected}.' } },
  'node.unreachable': { bars: 'publishing', problem: { zh: '没有任何路径到达节点“{node}”。', en: 'No path leads to node "{node}".' }, remedy: { zh: '请让某个节点转到它，或删去它。', en: 'Let a node lead to it, or remove it.' } },
  'node.dangling': { bars: 'running', problem: { zh: '没有名为“{to}”的节点。', en: 'There is no node "{to}".' }, remedy: { zh: '{suggestion}', en: '{suggestion}' } },
  'tag.own': { bars: 'publishing', problem: { zh: '标签“{key}”只由 {key} 节点加：它说明那件事已经做了。', en: 'Only a {key} node sets the tag "{key}": it says that this was done.' }, remedy: { zh: '请换一个名称，并写进 categories.yaml 的 tags。', en: 'Use another name, listed in categories.yaml under tags.' } },
  'tag.noted': { bars: 'publishing', problem: { zh: '标签“{key}: {value}”不能加在这里：加了以后一分钟内挂机的，无人回拨。', en: 'The tag "{key}: {value}" cannot be set here: nobody calls back who hangs up within a minute of it.' }, remedy: { zh: '只能写在菜单的一个按键上，该键不同时给出类别，而且之后须先播放提示音，流程才结束或返回。', en: 'Set it only at a key of a menu that names no category, and let the way from there play a prompt before the flow ends or returns.' } },
  'listen.words': { bars: 'publishing', problem: { zh: '说“{word}”也就说到了按键 {other} 的“{within}”，永远选不中。', en: 'Whoever says "{word}" also says "{within}" of key {other}: neither is ever chosen.' }, remedy: { zh: '请给每个按键不同的说法，互不包含。', en: 'Give each key words of its own, none within another.' } },
  'listen.blank': { bars: 'publishing', problem: { zh: '这里只有空格：说什么都算说到了它。', en: 'Nothing but blanks: any sentence chooses it.' }, remedy: { zh: '请写出说法，或删去。', en: 'Write the word, or remove it.' } },
  'branch.repeated': { bars: 'publishing', problem: { zh: '这一情形与第 {case} 个相同，永远轮不到。', en: 'This case is case {case} again: it is never come to.' }, remedy: { zh: '请删去，或改它的条件。', en: 'Remove it, or change its conditions.' } },
  'branch.covered': { bars: 'publishing', problem: { zh: '凡符合这一情形的，第 {case} 个情形都已接去，永远轮不到。', en: 'Case {case} takes everybody whom this one would: it is never come to.' }, remedy: { zh: '请把条件较严的写在前面，或删去。', en: 'Put the narrower case first, or remove it.' } },
  'branch.shared': { bars: 'publishing', problem: { zh: '第 {cases} 个情形合起来，凡轮到这里的都已接去，永远轮不到。', en: 'Cases {cases} between them take everybody who would come here: it is never come to.' }, remedy: { zh: '请删去，或改其中的条件；若是 otherwise，请让它转到其中一个情形的去处，并删去那个情形。', en: 'Remove it, or change the conditions of one of them; if it is otherwise, let it lead where one of these cases does, and remove that case.' } },
  'branch.always': { bars: 'publishing', problem: { zh: '这一情形总是成立，后面的都轮不到。', en: 'This case always holds: nothing after it is ever come to.' }, remedy: { zh: '请改用 otherwise，或改它的条件。', en: 'Let `otherwise` lead there, or change its conditions.' } },
  'value.empty': { bars: 'publishing', problem: { zh: '没有数既至少是 {atLeast}，又至多是 {atMost}。', en: 'No number is at least {atLeast} and at most {atMost}.' }, remedy: { zh: '请改其中一个。', en: 'Change one of the two.' } },
  'caller.never': { bars: 'publishing', problem: { zh: '隐藏的号码没有开头：这两个条件不会同时成立。', en: 'A withheld number has no beginning: these two conditions never hold together.' }, remedy: { zh: '请删去其中一个，或分成两种情形。', en: 'Remove one of them, or make them two cases.' } },
  'say.unreadable': { bars: 'publishing', problem: { zh: '“{text}”念不出来。', en: '"{text}" cannot be read out.' }, remedy: { zh: '这里写的是：{as}。', en: 'Here goes: {as}.' } },
  'yaml.control': { bars: 'running', problem: { zh: '这里有控制字符（U+{code}）。', en: 'There is a control character here (U+{code}).' }, remedy: { zh: '请删去。', en: 'Remove it.' } },
  'node.loop': { bars: 'running', problem: { zh: '来电不按键也会永远循环（说话声、杂音不算按键）：{loop}。', en: 'A caller who presses nothing goes round for ever (a word or a noise is no key): {loop}.' }, remedy: { zh: '请让其中一步转到 end 节点，让来电安静地继续排队。', en: 'Let one of these steps lead to an end node, so that the caller goes on waiting.' } },
  'prompt.missing': { bars: 'publishing', problem: { zh: '缺少提示音“{name}”（{languages}）。', en: 'The prompt "{name}" is missing ({languages}).' }, remedy: { zh: '{suggestion}请录制 {paths}，或在 texts.yaml 中加入文字并运行 npx liandong prompts make。', en: '{suggestion}Record {paths}, or add its text to texts.yaml and run npx liandong prompts make.' } },
  'prompt.format': { bars: 'publishing', problem: { zh: '{name}.wav 不是 8 kHz 单声道 16 位 PCM（{found}）。', en: '{name}.wav is not 8 kHz mono 16-bit PCM ({found}).' }, remedy: { zh: '请转换：sox 原文件 -r 8000 -c 1 -b 16 {name}.wav。', en: 'Convert it: sox <recording> -r 8000 -c 1 -b 16 {name}.wav.' } },
  'tag.category': { bars: 'publishing', problem: { zh: '类别表中没有“{value}”。', en: 'The code book has no category "{value}".' }, remedy: { zh: '{suggestion}', en: '{suggestion}' } },
  'tag.unknown': { bars: 'publishing', problem: { zh: '类别表的 tags 中没有标签“{key}”。', en: 'The code book lists no tag "{key}" under tags.' }, remedy: { zh: '{suggestion}新的标签请写进 categories.yaml 的 tags。', en: '{suggestion} A new one belongs into tags of categories.yaml.' } },
  'tag.value': { bars: 'publishing', problem: { zh: '标签“{key}”没有“{value}”这个值。', en: 'The tag "{key}" has no value "{value}".' }, remedy: { zh: '{suggestion}', en: '{suggestion}' } },
  'tag.keyed': { bars: 'publishing', problem: { zh: '标签“{key}”只能是 {values}，这里来电按什么就是什么。', en: 'The tag "{key}" can only be {values}; here it would be whatever the caller keys in.' }, remedy: { zh: '请存入另一个标签（在 categories.yaml 的 tags 中不写 values），或在 patterns 中只列它的值。', en: 'Save it under another tag, one without values in tags of categories.yaml, or let patterns list nothing but its values.' } },
  'tag.language': { bars: 'publishing', problem: { zh: '本流程的 languages 中没有“{value}”。', en: 'This flow\'s languages do not include "{value}".' }, remedy: { zh: '请选用其中之一，或把它加入 languages 并录好提示音：{choices}。', en: 'Use one of them, or add it to languages with its prompts: {choices}.' } },
  'hours.empty': { bars: 'publishing', problem: { zh: '从 {from} 到 {to} 没有时间。', en: 'There is no time between {from} and {to}.' }, remedy: { zh: '全天请写 from: "00:00", to: "24:00"。', en: 'For the whole day write from: "00:00", to: "24:00".' } },
  'calendar.moved': { bars: 'publishing', problem: { zh: '放假安排不再写在这里：全市只有一份，流程与单位时限都按它。', en: 'The calendar is not kept here any more: the city has one, for its flows and for its units’ limits.' }, remedy: { zh: '用 liandong import calendar 导入其中还没有的日子，再删去此文件。', en: 'Import days that are not in it yet by liandong import calendar, then remove this file.' } },
  'calendar.date': { bars: 'publishing', problem: { zh: '没有 {date} 这一天。', en: 'There is no {date}.' }, remedy: { zh: '请改成日历上有的日期。', en: 'Write a date that there is.' } },
  'calendar.empty': { bars: 'publishing', problem: { zh: '{to} 早于 {from}：没有一天符合。', en: '{to} is before {from}: no day fits.' }, remedy: { zh: '请使 from ≤ to。', en: 'Make from ≤ to.' } },
  'queue.keys': { bars: 'publishing', problem: { zh: '没有 announce：来电不会停在这里，按键无从生效。', en: 'Without announce nobody stays here, so the keys can never be pressed.' }, remedy: { zh: '请加上 announce，或删去 keys。', en: 'Add announce, or remove keys.' } },
  'call-back.number': { bars: 'publishing', problem: { zh: '有 otherKey 却没有 askNumber：无法按出另一个号码。', en: 'otherKey without askNumber: no other number can be keyed in.' }, remedy: { zh: '请加上 askNumber: [提示音]，或删去 otherKey。', en: 'Add askNumber: [prompt], or remove otherKey.' } },
  'call-back.key': { bars: 'publishing', problem: { zh: 'key 与 otherKey 都是 "{key}"。', en: 'key and otherKey are both "{key}".' }, remedy: { zh: '请改用不同的键。', en: 'Use different keys.' } },
  'part.unknown': { bars: 'running', problem: { zh: '没有名为“{name}”的流程。', en: 'There is no flow "{name}".' }, remedy: { zh: '{suggestion}', en: '{suggestion}' } },
  'part.kind': { bars: 'running', problem: { zh: '流程“{name}”不是 part，不能被调用。', en: 'The flow "{name}" is no part and cannot be called.' }, remedy: { zh: '请调用一个 kind: part 的流程；{name}.yaml 只有在没有来电直接进入它时，才可以改写为 kind: part。', en: 'Call a flow with kind: part. {name}.yaml itself may become one only if no caller enters it directly.' } },
  'part.broken': { bars: 'running', problem: { zh: '子流程“{name}”自身有问题，不能使用。', en: 'The part "{name}" has problems of its own and cannot be used.' }, remedy: { zh: '请先改好 {name}.yaml。', en: 'Put {name}.yaml right first.' } },
  'part.circle': { bars: 'running', problem: { zh: '子流程互相调用，成了圈：{circle}。', en: 'Parts call one another in a circle: {circle}.' }, remedy: { zh: '请去掉其中一次调用。', en: 'Remove one of these calls.' } },
  'part.parameter': { bars: 'publishing', problem: { zh: '子流程“{name}”的参数是：{wanted}；这里给的是：{given}。', en: 'The part "{name}" takes {wanted}; it is given {given}.' }, remedy: { zh: '请使 with 与 parameters 一致。', en: 'Make with and parameters agree.' } },
  'part.behind': { bars: 'publishing', problem: { zh: '节点“{node}”到不了：没有一个 part 返回通向它的结果，而载入了的 part 总能运行。', en: 'Nobody comes to node "{node}": no part returns a result that leads there, and a part that is loaded can always be run.' }, remedy: { zh: '请删去它，或让 part 返回通向它的结果。', en: 'Remove it, or let a part return a result that leads to it.' } },
  'part.result': { bars: 'publishing', problem: { zh: '子流程“{name}”从不返回“{result}”。', en: 'The part "{name}" never returns "{result}".' }, remedy: { zh: '{suggestion}', en: '{suggestion}' } },
  'part.language': { bars: 'publishing', problem: { zh: '子流程“{name}”没有 {languages} 的提示音。', en: 'The part "{name}" does not speak {languages}.' }, remedy: { zh: '请在 {name}.yaml 的 languages 中加入并录好提示音。', en: 'Add it to languages in {name}.yaml, with its prompts.' } },
  'variable.not-given': { bars: 'publishing', problem: { zh: '来电进入的流程没有人给它参数。', en: 'Nobody gives parameters to a flow that callers enter.' }, remedy: { zh: '请删去 parameters，或写 kind: part 或 kind: visit。', en: 'Remove `parameters`, or write kind: part or kind: visit.' } },
  'part.ending': { bars: 'publishing', problem: { zh: '“return”只能用在 kind: part 的流程中。', en: '"return" belongs into flows of kind part.' }, remedy: { zh: '请改用 end，或写 kind: part。', en: 'Use end, or write kind: part.' } },
  'hang-up.entry': { bars: 'running', problem: { zh: '来电可能没有得到任何帮助就在此被挂断（{path}）。', en: 'A caller could be hung up on here without any help ({path}).' }, remedy: { zh: '市民来电流程中，hang-up 只能在 message（已留言）或 call-back（已登记回拨）之后；否则请用 end，让他继续等候。', en: 'Where citizens enter, hang-up may only come after a message that was kept or a call-back that was promised; otherwise use end: he goes on waiting.' } },
  'hang-up.part': { bars: 'running', problem: { zh: '子流程不能挂机：调用它的流程不知道。', en: 'A part cannot hang up: the flow that calls it would not know.' }, remedy: { zh: '请用 return，由调用它的流程决定。', en: 'Use return and let the calling flow decide.' } },
  'variable.unset': { bars: 'publishing', problem: { zh: '变量“{name}”从未被赋值。', en: 'The variable "{name}" is never set.' }, remedy: { zh: '{suggestion}', en: '{suggestion}' } },
  'line.unknown': { bars: 'publishing', problem: { zh: 'lines.yaml 中没有线路“{name}”。', en: 'lines.yaml has no line "{name}".' }, remedy: { zh: '{suggestion}', en: '{suggestion}' } },
  'service.unknown': { bars: 'publishing', problem: { zh: '设置 flows.lookUps 中没有服务“{name}”。', en: 'The setting flows.lookUps lists no service "{name}".' }, remedy: { zh: '{suggestion}新的服务请加入设置 flows.lookUps：{name}=https://主机/路径。', en: '{suggestion} A new one belongs into the setting flows.lookUps: {name}=https://host/path.' } },
  'entry.kind': { bars: 'publishing', problem: { zh: '流程“{name}”是 {kind}，市民来电不能进入。', en: 'The flow "{name}" is a {kind}: citizens who call cannot enter it.' }, remedy: { zh: '请选一个 kind: entry 的流程。', en: 'Choose a flow of kind entry.' } },
  'entry.missing': { bars: 'publishing', problem: { zh: '没有流程“{name}”：设置 flows.entry 让所有来电进入它。', en: 'There is no flow "{name}", which every caller enters by the setting flows.entry.' }, remedy: { zh: '请写出 {name}.yaml，或更改 flows.entry。', en: 'Write {name}.yaml, or change flows.entry.' } },
  'collect.range': { bars: 'publishing', problem: { zh: '最少 {min} 位大于最多 {max} 位：任何输入都不会被接受。', en: 'min {min} is above max {max}: no input would do.' }, remedy: { zh: '请使 min ≤ max。', en: 'Make min ≤ max.' } },
  'collect.pattern': { bars: 'publishing', problem: { zh: '“{pattern}”的长度不在 {min}–{max} 位之内，永远不会匹配。', en: '"{pattern}" can never fit: its length is outside {min}–{max}.' }, remedy: { zh: '请改 min、max 或此模式。', en: 'Change min, max or the pattern.' } },
  'collect.never': { bars: 'publishing', problem: { zh: '“{pattern}”永远不会匹配。', en: 'No keys fit "{pattern}".' }, remedy: { zh: '范围由小到大写，如 [3-5]；结束键 {terminators} 不算输入。', en: 'A range goes from the lower to the higher, like [3-5]; the keys that end the input ({terminators}) are no part of it.' } },
  ...TAPE_PROBLEMS,
  ...PROOF_PROBLEMS,
  ...SCENARIO_PROBLEMS,
  'file.code-book': { bars: 'publishing', problem: { zh: '目录 {directory} 里没有 categories.yaml（类别表）。', en: 'There is no categories.yaml (the code book) in {directory}.' }, remedy: { zh: '流程目录里必有它：请给出流程所在的目录，或补上这个文件。', en: 'A directory of flows has one: give the directory of the flows, or put the file there.' } },
  'file.unreadable': { bars: 'publishing', problem: { zh: '无法读取：{reason}。', en: 'It cannot be read: {reason}.' }, remedy: { zh: '请检查文件是否存在及其权限。', en: 'Check that it exists, and its permissions.' } },
  'file.kind': { bars: 'publishing', problem: { zh: '不是普通文件（目录、管道、设备或套接字）：没有读取。', en: 'It is no regular file (a directory, pipe, device or socket) and is not read.' }, remedy: { zh: '请移走它，或换成普通文件。', en: 'Move it away, or put a regular file in its place.' } },
  'file.name': { bars: 'publishing', problem: { zh: '文件名不能这样写：此文件没有被读取。', en: 'A file of flows cannot have this name: it is not read.' }, remedy: { zh: '请改名：小写字母、数字、连字符，最多 32 个字符，如 night-duty.yaml；测试为 night-duty.test.yaml。', en: 'Rename it: small letters, digits and hyphens, 32 at most, like night-duty.yaml; its tests night-duty.test.yaml.' } },
  'file.encoding': { bars: 'publishing', problem: { zh: '文件不是 UTF-8 编码。', en: 'The file is not UTF-8.' }, remedy: { zh: '请在编辑器中另存为 UTF-8；由 GB18030（GBK）转换：iconv -f GB18030 -t UTF-8。', en: 'Save it as UTF-8 in the editor; from GB18030 (GBK) it is converted by iconv -f GB18030 -t UTF-8.' } },
} as const satisfies Record<string, { bars: Bars; problem: Bilingual; remedy: Bilingual }>

export type ProblemCode = keyof typeof PROBLEMS

/** Whether a flow with this problem cannot be run, either: not only not be published. */
export const barsRunning = ({ code }: { readonly code: string }): boolean => !Object.hasOwn(PROBLEMS, code) || PROBLEMS[code as ProblemCode].bars === 'running'
export type ProblemDetails = Readonly<Record<string, string | number | Bilingual>>

/** The texts of a problem with details filled in; a bilingual detail appears in its language. */
export function problemTexts(code: ProblemCode, details: ProblemDetails): { problem: Bilingual; why: Bilingual; remedy: Bilingual } {
  const { problem, remedy } = PROBLEMS[code]
  const fill = (text: string, language: 'zh' | 'en') => text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = details[name]
    return value === undefined ? whole : typeof value === 'object' ? value[language] : String(value)
  })
  const both = ({ zh, en }: Bilingual): Bilingual => ({ zh: fill(zh, 'zh'), en: fill(en, 'en') })
  return { problem: both(problem), why: whyOf(code), remedy: both(remedy) }
}

/** The remedy for a misspelt name: the nearest known one, or all of them. */
export function suggest(wrong: string, known: readonly string[]): Bilingual {
  const near = nearest(wrong, known)
  if (near !== undefined) return { zh: `是否想写 ${near}？`, en: `Did you mean ${near}?` }
  const shown = known.slice(0, 20).join(', ') + (known.length > 20 ? ', …' : '')
  return { zh: `可用：${shown || '（无）'}。`, en: `Known: ${shown || '(none)'}.` }
}

/** The known name with the fewest edits, if it is at most a third of its length away. */
export function nearest(wrong: string, known: readonly string[]): string | undefined {
  if (wrong.length > 64) return undefined
  let best: { name: string; distance: number } | undefined
  for (const name of known) {
    const distance = edits(wrong.toLowerCase(), name.toLowerCase())
    if (distance <= Math.max(1, Math.floor(name.length / 3)) && (best === undefined || distance < best.distance)) best = { name, distance }
  }
  return best?.name
}

/** Levenshtein distance, where two neighbours that changed places are one edit. */
function edits(a: string, b: string): number {
  let before: readonly number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? 0) + 1 : Infinity
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1), swapped))
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}
