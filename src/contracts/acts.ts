import { Type, type Static } from 'typebox'
import { ActId, EpochMs, Uuid } from './primitives.js'
import { SettleOutcome, TicketChanges } from './ticket.js'
import { DutyCode, Note, Priority, Privacy, REFERRAL_BODIES, REPORT_RESULTS, UnitId, VISIT_RESULTS } from './work.js'

/**
 * What people do to a ticket. `actId` is made by the desk, so that a repeated request is the same act; never one of ours (version 8).
 * `baseVersion` is the version the writer saw: a field that was changed since then is a conflict, by somebody else or by himself in another `window`. What he did in this one he knows.
 */
const act = <N extends string, P extends Parameters<typeof Type.Object>[0]>(name: N, rest: P) =>
  Type.Object({ actId: ActId, act: Type.Literal(name), baseVersion: Type.Integer({ minimum: 0 }), window: Type.Optional(Uuid), ...rest }, { additionalProperties: false })

const Reason = Type.String({ minLength: 1, maxLength: 1000 })
const Units = Type.Array(UnitId, { maxItems: 16, uniqueItems: true })
const Photos = Type.Array(Uuid, { maxItems: 12, uniqueItems: true })

/** It was written on paper when it was done, and is entered now: the limits are judged by `doneAt`, the history shows both times. `by`: whose hand it was. */
export const Paper = Type.Object({ doneAt: EpochMs, by: Type.String({ minLength: 1, maxLength: 64, pattern: '\\S' }) }, { additionalProperties: false })
export type Paper = Static<typeof Paper>
const OnPaper = { paper: Type.Optional(Paper) }

export const EditAct = act('edit', { changes: TicketChanges })
/** `assist`: units that help; left out, they stay as they are. */
export const DispatchAct = act('dispatch', { unitId: UnitId, note: Note, assist: Type.Optional(Units), priority: Type.Optional(Priority) })
/** `stillSafe`: see `RedoAct`; of what was reported already. */
export const ReassignAct = act('reassign', { unitId: UnitId, note: Reason, assist: Type.Optional(Units), stillSafe: Type.Optional(Type.Boolean()) })
export const AssistAct = act('assist', { assist: Units, note: Note })
/** `told`: the note is for who called, too; the same of `CloseAct`. */
export const SettleAct = act('settle', { outcome: SettleOutcome, note: Note, told: Type.Optional(Type.Boolean()) })
export const ReferAct = act('refer', { body: Type.Enum(REFERRAL_BODIES), name: Type.String({ minLength: 1, maxLength: 100 }), nextAt: EpochMs, note: Note })
export const ConfirmReceiptAct = act('confirm-receipt', { reference: Type.String({ minLength: 1, maxLength: 64 }), note: Note })
export const VisitAct = act('visit', { result: Type.Enum(VISIT_RESULTS), note: Note })
export const CloseAct = act('close', { note: Note, told: Type.Optional(Type.Boolean()) })
/** `stillSafe`: the danger itself stays away; left out, a hazard must be made safe again. */
export const RedoAct = act('redo', { note: Reason, stillSafe: Type.Optional(Type.Boolean()) })
export const ReopenAct = act('reopen', { note: Reason })
export const MergeAct = act('merge', { into: Uuid, note: Note })
export const VoidAct = act('void', { note: Reason })
export const UrgeAct = act('urge', { note: Note })
export const SuperviseAct = act('supervise', { note: Reason })
export const AnswerExtensionAct = act('answer-extension', { granted: Type.Boolean(), note: Note })
/** Whose dispute it is not to be, and why: of this unit, what it said up to then. Who is right gets the ticket given to the other by `reassign`. */
export const AnswerDisputeAct = act('answer-dispute', { unitId: UnitId, at: EpochMs, note: Reason })
export const RuleAct = act('rule', { unitId: UnitId, duty: DutyCode, note: Reason, assist: Type.Optional(Units) })
/** The hall told a unit by telephone, radio or paper: the clock starts. `unitId` left out: the one that leads; where that has it, all that do not. */
export const DeliverAct = act('deliver', { how: Type.Union([Type.Literal('phone'), Type.Literal('radio'), Type.Literal('paper')]), unitId: Type.Optional(UnitId), note: Note, ...OnPaper })
export const PrioritiseAct = act('prioritise', { priority: Priority, hazard: Type.Boolean(), note: Note })
export const ProtectAct = act('protect', { privacy: Privacy, note: Note })

export const SignAct = act('sign', { note: Note, ...OnPaper })
/** `repaired` says that the thing itself is mended; the report follows. */
export const PROGRESS_STEPS = ['note', 'arrived', 'made-safe', 'repaired'] as const
export const ProgressAct = act('progress', { step: Type.Enum(PROGRESS_STEPS), note: Note, photos: Photos, ...OnPaper })
export const ReportAct = act('report', { result: Type.Enum(REPORT_RESULTS), note: Reason, photos: Photos, ...OnPaper })
/** Cites the rule of duty by which it is another's. */
export const ReturnAct = act('return', { duty: DutyCode, note: Reason, ...OnPaper })
/** "Not ours" without putting it down: runs beside the work. */
export const DisputeAct = act('dispute', { duty: DutyCode, note: Reason })
export const AskExtensionAct = act('ask-extension', { until: EpochMs, note: Reason, ...OnPaper })
/** To one of the unit's own people; null: to nobody. */
export const AssignAct = act('assign', { personId: Type.Union([Uuid, Type.Null()]) })

export const TicketAct = Type.Union([
  EditAct, DispatchAct, ReassignAct, AssistAct, SettleAct, ReferAct, ConfirmReceiptAct, VisitAct, CloseAct, RedoAct, ReopenAct, MergeAct, VoidAct, UrgeAct, SuperviseAct,
  AnswerExtensionAct, AnswerDisputeAct, RuleAct, DeliverAct, PrioritiseAct, ProtectAct, SignAct, ProgressAct, ReportAct, ReturnAct, DisputeAct, AskExtensionAct, AssignAct,
])
export type TicketAct = Static<typeof TicketAct>
export type ActOf<N extends TicketAct['act']> = Extract<TicketAct, { act: N }>
