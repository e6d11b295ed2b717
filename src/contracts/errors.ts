import { actName, LIFE_CYCLE, type TicketState } from './life-cycle.js'
import { ROLE_NAMES, type Role } from './people.js'
import type { Bilingual } from './primitives.js'

/**
 * Every error a person can meet: code → HTTP status and text in both languages.
 * `{name}` in a text is replaced from `details`. A test holds that each code has both texts.
 */
export const ERRORS = {
  'auth.required': { status: 401, zh: '请先登录。', en: 'Please sign in.' },
  'auth.wrong': { status: 401, zh: '用户名或密码不正确。', en: 'User name or password is wrong.' },
  'auth.forbidden': { status: 403, zh: '您的角色（{role}）无权进行此操作。', en: 'Your role ({role}) may not do this.' },
  'auth.origin': { status: 403, zh: '来源 {origin} 不被允许，请检查设置 http.origins。', en: 'Origin {origin} is not allowed; see the setting http.origins.' },
  'auth.too-many': { status: 429, zh: '尝试次数过多，请 {seconds} 秒后再试。', en: 'Too many attempts; try again in {seconds} s.' },
  'request.invalid': { status: 400, zh: '请求有误：{where} {problem}', en: 'Bad request: {where} {problem}' },
  'request.not-found': { status: 404, zh: '没有找到：{what}', en: 'Not found: {what}' },
  'ticket.not-found': { status: 404, zh: '没有编号为 {id} 的工单。', en: 'There is no ticket {id}.' },
  'ticket.conflict': { status: 409, zh: '{fields} 已在别处修改（他人，或您的另一个窗口），请核对后再保存。', en: '{fields} was changed elsewhere, by somebody else or in another window; check and save again.' },
  'ticket.illegal': { status: 409, zh: '不能{act}（工单{state}）：{zh}', en: 'Cannot {act} (ticket: {state}): {en}' },
  'ticket.unit-unknown': { status: 422, zh: '没有联动单位 {unitId}。', en: 'There is no unit {unitId}.' },
  'ticket.category-unknown': { status: 422, zh: '类别表中没有 {category}。', en: 'The code book has no category {category}.' },
  'ticket.duty-unknown': { status: 422, zh: '职责条款 {duty}：{zh}。', en: 'Rule of duty {duty}: {en}.' },
  'ticket.person-unknown': { status: 422, zh: '该人不属于本单位。', en: 'That person does not belong to this unit.' },
  'ticket.photo-unknown': { status: 422, zh: '照片 {id} 不属于该工单，请重新上传。', en: 'Photo {id} does not belong to this ticket; upload it again.' },
  'ticket.confidential': { status: 403, zh: '诉求人要求保密，其电话不向您的角色公开；联动单位请由接警中心转达，接警员可直接回拨。', en: 'The complainant wants this kept back: his number is not shown to your role. The hall passes a unit’s message on; operators call him back by the desk.' },
  'ticket.over': { status: 409, zh: '工单已办结，联动单位不再查看诉求人的电话；确有必要，请由接警中心转达。', en: 'The ticket is closed: a unit looks up the complainant’s number no more; where it must, the hall passes its message on.' },
  'caller.changed': { status: 409, zh: '该号码的登记刚被他人（{by}）更改：请核对后重新保存。', en: 'What is written down of this number was just changed by somebody else ({by}); check and save again.' },
  'board.export-busy': { status: 429, zh: '正在进行的导出已达上限，请稍候再试。', en: 'As many exports as may be are under way; try again soon.' },
  'line.unknown': { status: 404, zh: '没有名为 {name} 的县级线路，或已停用；请用 liandong county list 核对。', en: 'There is no line {name}, or it is switched off; see liandong county list.' },
  'line.signature': { status: 403, zh: '消息签名不符（密钥 {key}）；请核对双方登记的公钥：liandong county key。', en: 'The signature of a message does not hold (key {key}); compare the public keys on both sides: liandong county key.' },
  'line.turn': { status: 409, zh: '这一轮交换已经发生过（第 {turn} 轮）；重放的消息不予接受。', en: 'This exchange has been already (turn {turn}); what is played again is not taken.' },
  'line.keys': { status: 422, zh: '不是有效的 Ed25519 公钥：{key}；请粘贴对方 liandong county key 的输出。', en: 'Not an Ed25519 public key: {key}; paste what liandong county key prints on the other side.' },
  'line.plain': { status: 422, zh: '{url} 不是 https：政务网以外不得明文；若线路本身已加密，请加 --plain。', en: '{url} is not https: nothing goes in clear text outside; add --plain where the line itself is encrypted.' },
  'line.taken': { status: 409, zh: '单位 {unit} 已属于县级线路 {name}。', en: 'Unit {unit} belongs to the line {name} already.' },
  'county.hall': { status: 403, zh: '县级终端只由联动单位人员办理；派单、裁定等由市中心进行。', en: 'At a county terminal only its units’ people act; dispatching and ruling are the city’s.' },
  'conflict.not-found': { status: 404, zh: '没有这项冲突。', en: 'There is no such conflict.' },
  'conflict.decided': { status: 409, zh: '这项冲突已裁定。', en: 'This conflict is decided already.' },
  'conflict.overtaken': { status: 409, zh: '工单重新派给县里后，县里已经反馈；以先前的操作为准会推翻这次反馈。请以市中心为准，双方的处理都留在经过中。', en: 'The county has reported on the ticket since it was given to it anew; to let its earlier acts count would undo that report. Decide for the city: both sides stay in the history.' },
  'attachment.not-found': { status: 404, zh: '没有这张照片。', en: 'There is no such photo.' },
  'attachment.not-a-picture': { status: 422, zh: '不是完整的 JPEG、PNG 或 WebP 图片，或超过 5000 万像素。请重新拍摄或另存为 JPEG。', en: 'Not a whole JPEG, PNG or WebP picture, or more than 50 million pixels. Take it again or save it as JPEG.' },
  'attachment.too-many': { status: 409, zh: '每个单位在一张工单上最多 {most} 张照片。', en: 'Of each unit a ticket holds at most {most} photos.' },
  'notice.not-found': { status: 404, zh: '没有这条通知。', en: 'There is no such notice.' },
  'ask.not-found': { status: 404, zh: '没有找到：请核对工单编号与拨打时的电话号码。要求保密的诉求网上不能查询，请拨打 110。', en: 'Not found: check the number of the request and the telephone you called from. Confidential requests are not answered here: dial 110.' },
  'open311.key': { status: 403, zh: 'api_key 无效；请由管理员在 open311.keys 中登记。', en: 'The api_key is not valid; the administrator lists keys in open311.keys.' },
  'open311.emergency': { status: 422, zh: '警情、火警、急救请直接拨打 110。', en: 'Police, fire and medical emergencies: call 110.' },
  'calendar.unknown-year': { status: 422, zh: '{year} 年的放假安排尚未录入；请用 liandong import calendar 导入国务院公布的安排。', en: 'The days off of {year} are not loaded; import the published calendar with liandong import calendar.' },
  'seat.standby': { status: 409, zh: '另一个窗口正在使用此席位，请先在本窗口接管。', en: 'Another tab holds this seat; take it over first.' },
  'call.not-yours': { status: 409, zh: '此通话不在您的席位上。', en: 'This call is not at your seat.' },
  'call.gone': { status: 410, zh: '通话已结束。', en: 'The call has ended.' },
  'call.not-talking': { status: 409, zh: '通话尚未接通或已结束，不能进行此操作。', en: 'Nobody talks in this call; this cannot be done now.' },
  'call.guest-busy': { status: 409, zh: '通话中已有第三方，请先挂断或转出。', en: 'There is a third party in this call already; let it go first.' },
  'call.no-guest': { status: 409, zh: '第三方尚未接听。', en: 'The third party has not answered yet.' },
  'call.mute-refused': { status: 409, zh: '多方通话中请用话机上的静音键：此处静音会同时静掉第三方。', en: 'With a third party talking, use the mute key of your telephone: muting here would silence the third party too.' },
  'call.target-busy': { status: 409, zh: '{name} 不在席或正忙。', en: '{name} is away or busy.' },
  'call.supervisor-only': { status: 403, zh: '只有值班长可以监听、强插和接管。', en: 'Only supervisors listen in, barge and take over.' },
  'call.line-unknown': { status: 422, zh: '线路表中没有 {code}，请检查流程目录中的 lines.yaml。', en: 'There is no line {code}; see lines.yaml beside the flows.' },
  'call.no-number': { status: 409, zh: '没有可回拨的号码。', en: 'There is no number to call back.' },
  'call.trunk-off': { status: 409, zh: '未设置外线（pbx.trunkDial），不能外拨。', en: 'No outside line is set (pbx.trunkDial); nothing can be dialled.' },
  'call-back.taken': { status: 409, zh: '{name} 正在处理这项回拨。', en: '{name} is dealing with this call back.' },
  'call-back.done': { status: 409, zh: '这项回拨已了结。', en: 'This call back is settled already.' },
  'recording.not-found': { status: 404, zh: '没有这段录音。', en: 'There is no such recording.' },
  'recording.not-yours': { status: 403, zh: '只有参与此通话的接警员和值班长可以听取录音。', en: 'Only operators who were in this call, and supervisors, hear its recording.' },
  'recording.no-reason': { status: 403, zh: '请先填写听取理由（上次申请已过时效或不属于您）。', en: 'Say first why you want to hear it (the last time is over, or was not yours).' },
  'recording.unfinished': { status: 409, zh: '正在录音，通话结束后即可听取。', en: 'It is being recorded; it can be heard when the call is over.' },
  'recording.missing': { status: 410, zh: '录音文件已不在磁盘上，请通知系统管理员从备份恢复到原目录。', en: 'The file is not on the disk any more; the system administrator may bring it back from a backup to where it was.' },
  'recording.deleted': { status: 410, zh: '录音已按保存期限删除。', en: 'The recording was deleted when its time was over.' },
  'recording.elsewhere': { status: 409, zh: '录音在节点 {node} 上，请从该节点的网页听取。', en: 'The recording is on node {node}: hear it at that node’s desk.' },
  'recording.damaged': { status: 422, zh: '录音文件不完整（登记 {kept} 字节，现有 {found} 字节），不能播放；请通知系统管理员。', en: 'The recording is damaged ({kept} bytes were kept, {found} are there) and cannot be played; tell the system administrator.' },
  'recording.range': { status: 416, zh: '请求的字节范围超出录音（共 {size} 字节）。', en: 'These bytes lie outside the recording ({size} bytes).' },
  'recording.held': { status: 409, zh: '此录音已在依法留存中。', en: 'This recording is under legal hold already.' },
  'recording.not-held': { status: 409, zh: '此录音没有留存。', en: 'This recording is not under legal hold.' },
  'edge.token': { status: 401, zh: '接入层令牌不正确或未设置（edge.token）。', en: 'The token of the edge is wrong or not set (edge.token).' },
  'call.busy': { status: 409, zh: '您正在通话，请先结束。', en: 'You are in a call; end it first.' },
  'phone.no-browser': { status: 409, zh: '本市未启用浏览器话机（pbx.browserPhones）。', en: 'There are no telephones in the browser here (pbx.browserPhones).' },
  'phone.no-extension': { status: 409, zh: '您没有分机，不能使用话机。', en: 'You have no extension, so no telephone.' },
  'phone.not-chosen': { status: 409, zh: '您使用的是桌面话机；请先在席位页选择浏览器话机。', en: 'You use the telephone on the table; choose the one in the browser on the seat page first.' },
  'phone.not-practice': { status: 409, zh: '此交换机上的话机须在话机上操作。', en: 'On this PBX the phone is operated by hand.' },
  'pbx.down': { status: 503, zh: '与交换机的连接中断，正在重连。', en: 'The link to the PBX is down; reconnecting.' },
  'database.down': { status: 503, zh: '数据库暂时不可用，请稍候再试；若几分钟后仍如此，请通知系统管理员。', en: 'The database is away for the moment: try again shortly; if it lasts for minutes, tell the system administrator.' },
  'database.refused': { status: 400, zh: '数据库不接受所给内容：{problem}', en: 'The database does not take what was given: {problem}' },
  'server.draining': { status: 503, zh: '服务器正在停止，请稍后重试。', en: 'The server is stopping; try again soon.' },
  'practice.off': { status: 404, zh: '练习交换机未运行。', en: 'The practice exchange is not running.' },
  'practice.real-people': {
    status: 409,
    zh: '此数据库中已有正式人员（如 {loginName}），练习模式会混入虚构的人员与工单。请设 LIANDONG_PBX_KIND=freeswitch 正式运行，或用 LIANDONG_HOME（或 DATABASE_URL）指定另一个数据库来练习。',
    en: 'This database has real people ({loginName}, for one): practice would mix invented people and tickets with them. Set LIANDONG_PBX_KIND=freeswitch to run for real, or name another database to practise on by LIANDONG_HOME or DATABASE_URL.',
  },
  'practice.only': {
    status: 409,
    zh: '此数据库用于练习：添加正式人员后，练习模式不能再启动。正式运行请设 LIANDONG_PBX_KIND=freeswitch 后再添加；练习请用启动时列出的练习账号。',
    en: 'This database is for practice, which would not start again with real people in it. To run for real, set LIANDONG_PBX_KIND=freeswitch and add them then; to practise, use the log-ins that the start prints.',
  },
  'person.practice': { status: 409, zh: '{loginName} 是练习账号，只在练习时存在，不能这样更改。', en: '{loginName} is a practice log-in: it exists only in practice and is not changed this way.' },
  'person.invalid': { status: 422, zh: '{field}：{zh}', en: '{field}: {en}' },
  'person.exists': { status: 409, zh: '已有登录名 {loginName}。', en: 'There is a log-in {loginName} already.' },
  'person.not-found': { status: 404, zh: '没有登录名 {loginName}。', en: 'There is no log-in {loginName}.' },
  'person.extension-taken': { status: 409, zh: '分机 {extension} 已分配给 {holder}。', en: 'Extension {extension} belongs to {holder}.' },
  'desk.no-tools': { status: 500, zh: '缺少构建网页所需的开发依赖（NODE_ENV=production 或 --omit=dev 时 npm 不安装它们）：请运行 npm ci --include=dev。', en: 'The development packages that build the desk are missing (npm leaves them out under NODE_ENV=production or --omit=dev): run npm ci --include=dev.' },
  'home.unwritable': { status: 500, zh: '数据目录 {directory} 不可写（{reason}）：请改正权限，或用 LIANDONG_HOME 指定别处。', en: 'The data directory {directory} cannot be written ({reason}): mend its permissions, or name another by LIANDONG_HOME.' },
  'home.in-use': {
    status: 500,
    zh: '联动已在这里运行：进程 {pid}，网页 {url}（数据目录 {home}，节点 {node}）。直接打开上面的网页即可；要重新启动，请先停止它（在它的终端按 Ctrl+C，或 kill {pid}）；要另开一个，请设置不同的 LIANDONG_HOME 和 LIANDONG_HTTP_PORT（多节点共用目录时设置不同的 node.name）。',
    en: 'Liandong runs here already: process {pid}, desk {url} (data directory {home}, node {node}). Just open that desk; to start anew, stop it first (Ctrl+C in its terminal, or kill {pid}); to run a second one, set another LIANDONG_HOME and LIANDONG_HTTP_PORT (nodes that share a directory: another node.name).',
  },
  'node.taken': {
    status: 500,
    zh: '节点名 {node} 正被另一个运行中的进程使用（主机 {host}，进程 {pid}）：同一数据库的每个节点须有自己的名称，请设置 LIANDONG_NODE_NAME（设置 node.name）；若它就是要替换的进程，请先停止它。',
    en: 'The node name {node} is in use by another process that runs (machine {host}, process {pid}): each node on one database needs a name of its own, set LIANDONG_NODE_NAME (setting node.name); if it is the one to be replaced, stop it first.',
  },
  'flow.no-entry': { status: 500, zh: '没有来电流程 {file}：请检查设置 flows.directory 与 flows.entry。', en: 'There is no flow for callers, {file}: look at the settings flows.directory and flows.entry.' },
  'flow.no-edition': { status: 404, zh: '没有第 {edition} 版流程：请查看发布记录。', en: 'There is no edition {edition} of the flows: look at the history.' },
  'flow.broken': { status: 422, zh: '流程文件有问题（{count} 个），没有发布：请运行 npx liandong flow check 与 flow test。', en: 'The flow files have problems ({count}) and were not published: run npx liandong flow check and flow test.' },
  'flow.own-approval': { status: 403, zh: '自己的改动须由另一人批准。', en: 'Your own change has to be approved by somebody else.' },
  'flow.waits': { status: 409, zh: '第 {edition} 版还需 {more} 人批准。', en: 'Edition {edition} still needs the approval of {more}.' },
  'flow.never-ran': { status: 409, zh: '第 {edition} 版从未运行过，不能退回到它；请发布它。', en: 'Edition {edition} never ran, so there is no going back to it; publish it.' },
  'flow.taken-back': { status: 409, zh: '第 {edition} 版曾被退回，启用了双人批准：要再用它，请发布它的文件，由另一人批准。', en: 'Edition {edition} was gone back from, and a second person has to approve: to have it again, publish its files and let somebody else approve them.' },
  'flow.no-earlier': { status: 409, zh: '此前没有运行过别的版本。', en: 'No other edition ran before.' },
  'flow.went-back': { status: 409, zh: '已经退回：{by} 已使第 {edition} 版重新运行。要再往前退，请写明第几版：flow back {back}。', en: 'Gone back already: by {by} callers are in edition {edition} again. To go further back, name the edition: flow back {back}.' },
  'flow.refused': { status: 409, zh: '当前程序不接受第 {edition} 版（由旧程序发布），不能让来电进入它：{at} {zh}来电仍在原来的版本。请改正文件后重新发布，或退回另一版。', en: 'This program does not accept edition {edition} (an earlier program published it): {at} {en} Callers stay where they are. Put its files right and publish them anew, or go back to another edition.' },
  'flow.judging': { status: 409, zh: '{by} 发布或批准的内容正在检查，已 {seconds} 秒：完成后再试，结果显示在流程页上。', en: 'What {by} publishes or approves is being checked, for {seconds} s so far: try again when that is over. The page of the flows shows its outcome.' },
  'flow.outdated': { status: 409, zh: '第 {edition} 版提交后（或您看过差别后），又有一版开始运行：批准它会把后者退掉。请再看差别；尚未重新发布的，请作者看过后重新发布。', en: 'Another edition was entered since edition {edition} was published, or since you read its difference: approving it would take that one back. Look at the difference again; where it was not published anew, let its author do that.' },
  'flow.overtaken': { status: 409, zh: '刚刚有人切换了版本，请看过后再试。', en: 'Somebody has just switched editions: look, then try again.' },
  'flow.lacks-entry': { status: 409, zh: '第 {edition} 版没有流程 {flow}，而在运行的节点让来电进入它（flows.entry）：退回之后来电只能听音乐等候。请先更改 flows.entry 并重启节点，或发布有此流程的一版。', en: 'Edition {edition} has no flow {flow}, which callers of a node that lives enter (flows.entry): they would wait with music alone. Change flows.entry and restart the node first, or publish an edition that has it.' },
  'flow.not-there': { status: 404, zh: '所选的版本（或磁盘文件）里没有流程 {flow}，或者它的文件有问题、读不进来：问题列在流程页上方，也可运行 npx liandong flow check。', en: 'What was chosen (an edition, or the files on disk) has no flow {flow}, or its file has problems and cannot be read: they are listed on top of the page of the flows, and by npx liandong flow check.' },
  'flow.parameter-missing': { status: 422, zh: '流程 {flow} 由系统带着参数启动，缺少 {names}：请填写（终端里写 --var {first}=值）。', en: 'The flow {flow} is started with parameters, and {names} is missing: fill it in (in a terminal: --var {first}=value).' },
  'flow.sign-in': { status: 403, zh: '启用了双人批准：请用 --as 登录名 说明是谁（会询问密码）。', en: 'A second person has to approve: say who you are with --as <log-in> (the password is asked for).' },
  'flow.judge-died': { status: 500, zh: '节点 {node} 在检查时停止了：没有结果，什么也没有改变。请再试一次。', en: 'The node {node} stopped while it was checking: nothing came of it and nothing has changed. Try again.' },
  'flow.gate': { status: 500, zh: '检查程序没有完成（{reason}）：请在终端运行 npx liandong flow check。', en: 'The check did not finish ({reason}): run npx liandong flow check in a terminal.' },
  'database.unreachable': { status: 503, zh: '连不上数据库 {where}（{reason}）：请检查 DATABASE_URL（设置 database.url）以及 PostgreSQL 是否在运行。', en: 'The database {where} cannot be reached ({reason}): look at DATABASE_URL (setting database.url) and whether PostgreSQL runs.' },
  'database.owner-needed': { status: 503, zh: '数据库结构须更新，而所用的角色无权（{reason}）：请以拥有数据表的角色运行 liandong migrate（LIANDONG_DATABASE_OWNER_URL）。', en: 'The schema has to be brought up to date, which this role may not do ({reason}): run liandong migrate with the role that owns the tables (LIANDONG_DATABASE_OWNER_URL).' },
  'port.in-use': { status: 500, zh: '端口 {port} 已被占用：请停止占用它的程序，或用 {variable}（设置 {setting}）换一个端口。', en: 'Port {port} is in use: stop the program that holds it, or choose another by {variable} (setting {setting}).' },
  'internal': { status: 500, zh: '内部错误，编号 {id}。', en: 'Internal error, reference {id}.' },
} as const satisfies Record<string, { status: number } & Bilingual>

export type ErrorCode = keyof typeof ERRORS

/** A tagged error: thrown in use cases, mapped once at the edge of HTTP, websocket and CLI. */
export class LiandongError extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly details: Readonly<Record<string, string | number>> = {},
    options?: ErrorOptions,
  ) {
    super(errorText(code, 'en', details), options)
    this.name = 'LiandongError'
  }
}

/** Details that are codes, by their names. */
const NAMES: Readonly<Record<string, (code: string, language: 'zh' | 'en') => string>> = {
  state: (code, language) => (Object.hasOwn(LIFE_CYCLE, code) ? LIFE_CYCLE[code as TicketState].name[language].toLowerCase() : code),
  act: actName,
  role: (code, language) => (Object.hasOwn(ROLE_NAMES, code) ? ROLE_NAMES[code as Role][language] : code),
}

/** The text of an error in one language, with details filled in; states, acts and roles by their names. */
export function errorText(code: ErrorCode, language: 'zh' | 'en', details: Readonly<Record<string, string | number>>): string {
  return ERRORS[code][language].replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = details[name]
    return value === undefined ? whole : NAMES[name]?.(String(value), language) ?? String(value)
  })
}
