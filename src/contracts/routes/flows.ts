import { Type, type Static } from 'typebox'
import { HINT_KINDS } from '../call.js'
import { FlowProblem, LANGUAGES } from '../flow.js'
import { FlowDrawing } from '../flow-drawing.js'
import { Bilingual, EpochMs, Uuid } from '../primitives.js'
import { strict, type Route } from '../route.js'

const WATCHERS = ['supervisor', 'admin'] as const
const Name = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,31}$' })
/** Parameters of a flow: what it is started with. */
const Vars = Type.Record(Type.String({ pattern: '^[a-z][a-z0-9-]{0,47}$' }), Type.String({ pattern: '^[A-Za-z0-9*#._:+-]{1,64}$' }), { maxProperties: 16 })
const Edition = Type.Integer({ minimum: 1, maximum: 2_000_000_000 })
/** An edition by its number, or the files as they are on the disk of this node. */
const Which = Type.Union([Edition, Type.Literal('files')])
export const SWITCH_REASONS = ['start', 'published', 'approved', 'back', 'automatic'] as const

export const FlowChange = strict({ name: Type.String(), change: Type.Enum(['added', 'changed', 'removed']) })
export type FlowChange = Static<typeof FlowChange>

/** What made an edition go back by itself. */
export const FlowJump = strict({ from: Type.Integer(), /** Of which of its flows; absent: of all of them, as it was counted once. */ flow: Type.Optional(Type.String()), what: Type.Enum(['failed', 'wrong', 'left']), before: Type.Number(), now: Type.Number(), calls: Type.Integer() })
export type FlowJump = Static<typeof FlowJump>

export const FlowEdition = strict({
  number: Type.Integer(),
  hash: Type.String(),
  author: Type.String(),
  /** Who published it since, if it was published anew by others than its author. */
  anew: Type.Array(Type.String()),
  /** The signed-in person published it himself, as it waits now. */
  mine: Type.Boolean(),
  /** The signed-in person has approved it. */
  approved: Type.Boolean(),
  note: Type.String(),
  at: EpochMs,
  approvals: Type.Array(strict({ by: Type.String(), at: EpochMs })),
  /** How many approvals are still wanted before callers may enter it; 0 where none is. */
  more: Type.Integer(),
  switches: Type.Array(strict({ by: Type.String(), at: EpochMs, reason: Type.Enum(SWITCH_REASONS), jump: Type.Optional(FlowJump) })),
  /** Against the edition made before it. */
  /** The edition that `changes` are from: the one before; of one that callers never entered, or that was published again, the one that runs. Null: there is none. */
  comparedWith: Type.Union([Edition, Type.Null()]),
  changes: Type.Array(FlowChange),
})
export type FlowEdition = Static<typeof FlowEdition>

export const FlowSummary = strict({ name: Type.String(), title: Bilingual, kind: Type.Enum(['entry', 'visit', 'part']), nodes: Type.Integer(), languages: Type.Array(Type.Enum(LANGUAGES)), entry: Type.Boolean(), /** Switches that it asks for, or a part of it. */ modes: Type.Array(strict({ name: Type.String(), /** As the code book calls it, where it does. */ title: Type.Optional(Bilingual) })), /** What it must be given at its start. */ parameters: Type.Array(Type.String()) })
export type FlowSummary = Static<typeof FlowSummary>

/** What became of publishing, approving, going back. `judging`: it is still being checked, and the view tells what became of it. */
export const FlowOutcome = strict({
  type: Type.Enum(['running', 'waiting', 'broken', 'judging']), number: Type.Optional(Type.Integer()), more: Type.Optional(Type.Integer()), problems: Type.Optional(Type.Array(FlowProblem)),
  /** Gone back to: what the rules and settings of today have against it. It runs all the same. */
  against: Type.Optional(Type.Array(FlowProblem)),
})
export type FlowOutcome = Static<typeof FlowOutcome>

export const FLOW_ACTS = ['publish', 'approve'] as const
/** An edition that is being checked for somebody, at whichever node. */
const FlowActing = strict({ what: Type.Enum(FLOW_ACTS), /** Null: the files. */ edition: Type.Union([Edition, Type.Null()]), by: Type.String(), since: EpochMs })
/** What became of the last thing that somebody published or approved, when he was not told at once. */
const FlowActed = strict({
  /** Another each time. */
  id: Type.Integer(), what: Type.Enum(FLOW_ACTS), mine: Type.Boolean(), outcome: Type.Union([FlowOutcome, Type.Null()]),
  /** It came to nothing, or its node died over it. */
  error: Type.Optional(Bilingual),
})
export type FlowActed = Static<typeof FlowActed>

export const FlowsView = strict({
  source: Type.Enum(['published', 'kept', 'disk']),
  version: Type.String(),
  current: Type.Union([Type.Integer(), Type.Null()]),
  waiting: Type.Union([Type.Integer(), Type.Null()]),
  /** The published edition, when this program cannot run it. */
  refused: Type.Union([Type.Integer(), Type.Null()]),
  differs: Type.Boolean(),
  /** The files are what waits for approval: publishing them again would change nothing. */
  handedIn: Type.Boolean(),
  problems: Type.Array(FlowProblem),
  acting: Type.Union([FlowActing, Type.Null()]),
  acted: Type.Union([FlowActed, Type.Null()]),
  watch: Type.Boolean(),
  approval: Type.Boolean(),
  flows: Type.Array(FlowSummary),
  editions: Type.Array(FlowEdition),
})
export type FlowsView = Static<typeof FlowsView>

const Line = strict({ sign: Type.Enum([' ', '+', '-']), text: Type.String(), before: Type.Union([Type.Integer(), Type.Null()]), after: Type.Union([Type.Integer(), Type.Null()]) })
const Spoken = Type.Union([strict({ /** What it says, where that is written. */ text: Type.Optional(Type.String()), ms: Type.Number(), /** For the sound. */ hash: Type.String() }), Type.Null()])
export const FlowDifference = strict({ files: Type.Array(strict({ ...FlowChange.properties, hunks: Type.Array(Type.Array(Line)), /** Of a prompt: what callers heard, and what they will hear. */ spoken: Type.Optional(strict({ before: Spoken, after: Spoken })) })) })
export type FlowDifference = Static<typeof FlowDifference>

const NodeCount = strict({ came: Type.Integer(), left: Type.Integer(), ms: Type.Number() })
const Step = strict({ node: Type.String(), ms: Type.Number() })
export const FlowTraceView = strict({ callId: Uuid, at: EpochMs, version: Type.String(), steps: Type.Array(Step), wrong: Type.Integer(), over: Type.Boolean(), category: Type.Optional(Type.String()), state: Type.Optional(Type.String()) })
export type FlowTraceView = Static<typeof FlowTraceView>

export const FlowLive = strict({
  drawing: FlowDrawing,
  counts: Type.Record(Type.String(), NodeCount),
  /** Callers who stand at a node this moment, on this node of the site. */
  now: Type.Record(Type.String(), Type.Integer()),
  traces: Type.Array(FlowTraceView),
})
export type FlowLive = Static<typeof FlowLive>

const Spread = strict({ p50: Type.Number(), p90: Type.Number(), p99: Type.Number(), mean: Type.Number() })
const MaybeSpread = Type.Union([Spread, Type.Null()])
export const FlowSimulated = strict({
  version: Type.String(), calls: Type.Integer(), /** Calls of which it is known what they were about: `correct` and `wrong` are of these. */ known: Type.Integer(), tagged: Type.Number(), correct: Type.Number(), wrong: Type.Number(), hungUp: Type.Number(),
  timeToTag: MaybeSpread, keys: MaybeSpread, heard: MaybeSpread,
  /** Calls by whole seconds until the category was known; the last entry holds all later ones. */
  tagSeconds: Type.Array(Type.Integer()),
})
export type FlowSimulated = Static<typeof FlowSimulated>

const Key = Type.String({ pattern: '^[0-9*#]$' })
/** ms since the call began. */
const Since = Type.Number({ minimum: 0, maximum: 3_600_000 })
/** What the caller does: he presses a key, or says something. */
export const TryMove = Type.Union([strict({ at: Since, key: Key }), strict({ at: Since, words: Type.String({ minLength: 1, maxLength: 200 }) })])
export type TryMove = Static<typeof TryMove>
/** What a call meets. */
const Around = {
  waiting: Type.Integer({ minimum: 0, maximum: 500 }), ready: Type.Integer({ minimum: 0, maximum: 500 }), /** Operators at their desks, ready or not. */ present: Type.Integer({ minimum: 0, maximum: 500 }),
  /** Switches that are on. */ modes: Type.Array(Name, { maxItems: 20 }), /** Until when, where it is known. */ ends: Type.Optional(Type.Record(Name, EpochMs)), number: Type.String({ pattern: '^\\+?[0-9]{0,20}$' }), hints: Type.Array(Type.Enum(HINT_KINDS), { maxItems: HINT_KINDS.length }),
}
export const HeardPrompt = strict({ language: Type.Enum(LANGUAGES), name: Type.String(), ms: Type.Number(), text: Type.Optional(Type.String()), /** For the sound; absent where there is none. */ hash: Type.Optional(Type.String()) })
export type HeardPrompt = Static<typeof HeardPrompt>
export const TryNote = strict({
  at: Type.Number(), type: Type.Enum(['heard', 'pressed', 'node', 'tagged', 'said', 'recorded', 'done', 'ended']), text: Type.String(),
  /** Of a node, where it has one. */ title: Type.Optional(Bilingual), prompt: Type.Optional(HeardPrompt), cutAfter: Type.Optional(Type.Number()),
})
export type TryNote = Static<typeof TryNote>
export const FlowTried = strict({
  notes: Type.Array(TryNote),
  elapsed: Type.Number(),
  waitingFor: Type.Enum(['prompt', 'key', 'voice', 'nothing']),
  untilNext: Type.Number(),
  promptsLeft: Type.Number(),
  playing: Type.Array(HeardPrompt),
  path: Type.Array(Type.String()),
})
export type FlowTried = Static<typeof FlowTried>

/** Flows: what runs, what was published by whom, how callers fare in it, and trying it without a telephone. */
export const FLOW_ROUTES = {
  flows: { method: 'GET', path: '/api/flows', roles: WATCHERS, summary: { zh: '语音流程与各版', en: 'Flows and their editions' }, response: FlowsView },
  flowDiff: {
    method: 'GET', path: '/api/flows/diff', roles: WATCHERS, summary: { zh: '两版之间的差别', en: 'What differs between two editions' },
    query: strict({ from: Type.Optional(Edition), to: Type.Optional(Which) }), response: FlowDifference,
  },
  flowLive: {
    method: 'GET', path: '/api/flows/live/:name', roles: WATCHERS, summary: { zh: '流程图与来电分布', en: 'A flow’s drawing with how callers fare in it' },
    params: strict({ name: Name }), query: strict({ hours: Type.Integer({ minimum: 1, maximum: 24 * 31, default: 24 }), edition: Type.Optional(Edition) }), response: FlowLive,
  },
  publishFlows: { method: 'POST', path: '/api/flows/publish', roles: ['admin'], summary: { zh: '检查并发布流程文件', en: 'Check the flow files and publish them' }, body: strict({ note: Type.String({ maxLength: 200 }) }), response: FlowOutcome },
  approveFlows: { method: 'POST', path: '/api/flows/approve', roles: ['admin'], summary: { zh: '批准一版', en: 'Approve an edition' }, body: strict({ edition: Edition, /** The edition that the difference he read is from, as the list said; null: there was none. */ comparedWith: Type.Union([Edition, Type.Null()]) }), response: FlowOutcome },
  backFlows: { method: 'POST', path: '/api/flows/back', roles: ['admin'], summary: { zh: '退回到曾运行的一版', en: 'Go back to an edition that ran' }, body: strict({ edition: Type.Optional(Edition) }), response: FlowOutcome },
  tryFlow: {
    method: 'POST', path: '/api/flows/try', roles: WATCHERS, summary: { zh: '试听：按键过程', en: 'Try a flow: how a call goes with these keys' },
    body: strict({
      flow: Name, which: Type.Optional(Which), startAt: EpochMs, until: Since, moves: Type.Array(TryMove, { maxItems: 200 }), ...Around, vars: Type.Optional(Vars),
    }),
    response: FlowTried,
  },
  simulateFlow: {
    method: 'POST', path: '/api/flows/simulate', roles: WATCHERS, summary: { zh: '成批模拟，新旧并排', en: 'Callers by the hundred, old and new side by side' },
    body: strict({ flow: Name, old: Type.Optional(Edition), new: Type.Optional(Which), model: Type.Optional(Type.Enum(['hurried', 'elderly', 'silent', 'wrong-keys', 'leaves-early'])), /** The keys of the last so many calls, at their times. */ recorded: Type.Optional(Type.Boolean()), calls: Type.Integer({ minimum: 50, maximum: 5_000 }), seed: Type.Integer({ minimum: 0, maximum: 1_000_000 }), vars: Type.Optional(Vars), around: Type.Optional(strict({ /** When they come; absent: now. */ startAt: Type.Optional(EpochMs), ...Around })) }),
    response: strict({ /** What the flow asks: what it is about, which way to go, or nothing, so that only times can be compared. */ asks: Type.Enum(['category', 'way', 'nothing']), old: Type.Union([FlowSimulated, Type.Null()]), new: FlowSimulated }),
  },
  flowSound: { method: 'GET', path: '/api/flows/sound/:hash', roles: WATCHERS, summary: { zh: '提示音', en: 'A prompt’s sound' }, params: strict({ hash: Type.String({ pattern: '^[0-9a-f]{64}$' }) }), response: Type.Unknown() },
} as const satisfies Record<string, Route>
