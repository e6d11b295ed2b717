import { isDeepStrictEqual } from 'node:util'
import { LiandongError } from '../contracts/errors.js'
import type { FlowProblem } from '../contracts/flow.js'
import { AT_HAND, hashOfEdition, losesEntry, type Edition, type EditionContent } from './edition.js'
import { soundOnDisk, type Gated } from './flow-gate.js'
import type { EditionStore, Published, Surroundings, SwitchReason, Who } from './flow-ports.js'
import { within } from '../time/within.js'
import { loadInTurns } from './running-flows.js'

export interface PublishingDeps {
  readonly store: EditionStore
  readonly directory: string
  /** A second person has to agree, by the settings of this process. What the nodes run by holds besides: the strictest counts. */
  readonly approval: boolean
  /** Checks the directory and runs its tests: outside of the process that serves calls. `nodes`: what those who serve calls hold flows against; null: none says, or PostgreSQL is away. */
  readonly gate: (nodes: Surroundings | null) => Promise<Gated>
  /** The same of an edition that is kept: by its own files. */
  readonly judge: (content: EditionContent, nodes: Surroundings | null) => Promise<readonly FlowProblem[]>
}

export type Outcome =
  | { readonly type: 'running'; readonly number: number; /** It ran already. */ readonly unchanged: boolean; /** What callers were in until then. */ readonly left?: number; /** They were taken back to it. */ readonly back?: true; /** What speaks against it by the rules of this program and the settings of the nodes: it runs, and would not be published. */ readonly against?: readonly FlowProblem[] }
  | { readonly type: 'waiting'; readonly number: number; readonly more: number }
  | { readonly type: 'broken'; readonly problems: readonly FlowProblem[] }

export type Publishing = ReturnType<typeof makePublishing>

/** An edition is judged anew so often while the nodes are being set otherwise. */
const LOOKS = 4
/** Whoever went back is told what speaks against it if that is known so soon, ms: callers are in it already. */
const TOLD_WITHIN = 8_000

/** What fits all of them; null: there is none. */
function strictestOf(nodes: readonly Surroundings[]): Surroundings | null {
  if (nodes.length === 0) return null
  const all = (pick: (node: Surroundings) => readonly string[]): string[] => [...new Set(nodes.flatMap(pick))].sort()
  const most = (pick: (node: Surroundings) => number): number => Math.max(...nodes.map(pick))
  return {
    entries: all(({ entries }) => entries), services: all(({ services }) => services).filter((one) => nodes.every(({ services }) => services.includes(one))),
    delays: { skill: most(({ delays }) => delays.skill), speech: most(({ delays }) => delays.speech) },
  }
}

/** What people do with editions: publish, approve, go back. The same for the command, the desk and the watcher. */
export function makePublishing({ store, directory, approval: ours, gate: ask, judge }: PublishingDeps) {
  /** Whether a second person has to agree: a rule of the city, not of the shell that somebody publishes from. */
  const approval = async (): Promise<boolean> => ours || (await store.rules()).some((node) => node.approval)

  /** Checked is what the nodes make of it by their settings, not a shell: what holds at each of them. Null: none says. Rejects while PostgreSQL is away: then nobody knows. */
  const nodes = async (): Promise<Surroundings | null> => strictestOf(await store.arounds())
  /** Looks at the directory, also while PostgreSQL is away: then by what this process is set to, and nothing is published by that. */
  const gate = async (): Promise<Gated> => {
    const around = await nodes().catch(() => null)
    return { ...await ask(around), around }
  }
  /** What speaks against an edition by what the nodes are set to at this moment, when it was found right by `known`. @throws LiandongError `flow.overtaken`: they change faster than it is judged */
  async function against(content: EditionContent, known?: Surroundings | null): Promise<readonly FlowProblem[]> {
    let [by, problems]: [Surroundings | null | undefined, readonly FlowProblem[]] = [known, []]
    for (let look = 0; look < LOOKS; look += 1) {
      const now = await nodes()
      if (by !== undefined && isDeepStrictEqual(now, by)) return problems
      problems = await judge(content, now)
      by = now
      if (problems.length > 0) return problems
    }
    throw new LiandongError('flow.overtaken')
  }

  /** The file of a tape, if it is still the one that was checked. */
  const soundOf = (content: EditionContent) => async (hash: string): Promise<Uint8Array> => {
    const sound = await soundOnDisk(directory, content.tapes, hash)
    if (sound === null) throw new LiandongError('flow.overtaken')
    return sound
  }

  /**
   * Callers enter it, or it waits for somebody else: also when it ran before. Only going back needs nobody.
   * @param now what ran when it was looked at; what has been switched to since, the switch itself sees
   */
  async function enter(number: number, by: Who, reason: SwitchReason, now: Published | null, after?: number): Promise<Outcome> {
    if (reason !== 'start' && now?.number !== number && await approval()) {
      const { approvals, wanted } = await store.needed(number)
      if (approvals < wanted) return { type: 'waiting', number, more: wanted - approvals }
    }
    const switched = await store.switchTo({ number, by, reason, ...(after !== undefined && { after }) })
    if (!switched && (await store.current())?.number !== number) throw new LiandongError('flow.overtaken')
    return { type: 'running', number, unchanged: !switched, ...(switched && now !== null && { left: now.number }) }
  }

  async function keep(content: EditionContent, author: Who, note: string): Promise<number> {
    return store.keep({ hash: hashOfEdition(content), content, author, note }, soundOf(content))
  }

  /** What somebody agrees to, as it stands at this moment; null: callers are in it. @throws LiandongError `flow.outdated` */
  async function waitingFor(number: number, over: number | null | undefined): Promise<{ readonly now: Published | null; readonly after: number | null } | null> {
    const [{ ran, after }, now] = [await store.needed(number), await store.current()]
    if (now?.number === number) return null
    // What was entered since would be taken back, and nobody read that difference: its author publishes it anew. What ran and was not published again waits for nobody.
    const meant = after === null ? !ran : (now?.switch ?? 0) === after
    if (!meant || (over !== undefined && over !== (now?.number ?? null))) throw new LiandongError('flow.outdated', { edition: number })
    return { now, after }
  }

  const refusal = (edition: number, [first]: readonly FlowProblem[]): LiandongError => new LiandongError('flow.refused', { edition, at: `${first?.file ?? ''}:${first?.line ?? 1}`, zh: first?.problem.zh ?? '', en: first?.problem.en ?? '' })
  const loaded = async (number: number): Promise<Edition> => loadInTurns(await store.content(number), '')
  /**
   * Why nobody goes back to it: nodes go on with what they have when this program cannot run an edition (an earlier one made it), so callers would stay where they
   * are; and in one without the flow that they enter by the settings of today, which may have another name by now, they would hear nothing. @param now what they leave
   */
  async function barred(number: number, now: Published | null): Promise<LiandongError | null> {
    const edition = await loaded(number)
    if (edition.faults.length > 0) return refusal(number, edition.faults)
    const flow = now === null ? null : losesEntry(edition, await loaded(now.number), await store.arounds())
    return flow === null ? null : new LiandongError('flow.lacks-entry', { edition: number, flow })
  }
  async function lastThatRuns(now: Published | null): Promise<number> {
    let first: LiandongError | null = null
    for (const { number } of await store.earlier(AT_HAND)) {
      const reason = await barred(number, now)
      if (reason === null) return number
      first ??= reason
    }
    throw first ?? new LiandongError('flow.no-earlier')
  }

  return {
    gate,
    nodes,
    approval,
    /** Publishes what was checked. */
    async take({ content, problems, around }: Gated, by: Who, { note = '', reason = 'published', after }: { readonly note?: string; readonly reason?: SwitchReason; readonly after?: number } = {}): Promise<Outcome> {
      if (problems.length > 0) return { type: 'broken', problems }
      const now = await store.current()
      if (after !== undefined && (now?.switch ?? 0) !== after && now?.hash !== hashOfEdition(content)) throw new LiandongError('flow.overtaken')
      // The check takes seconds, and may have been made while nobody knew how the nodes are set.
      const found = await against(content, around)
      if (found.length > 0) return { type: 'broken', problems: found }
      return enter(await keep(content, by, note), by, reason, now, after)
    },
    /** Checks the directory as it is now and publishes it. */
    async publish(by: Who, note: string): Promise<Outcome> {
      // Whoever switches while the check runs knows something that it does not.
      const after = (await store.current())?.switch ?? 0
      return this.take(await gate(), by, { note, after })
    },
    /**
     * Agrees to somebody else's edition; with the last approval that it needs callers enter it. `over`: the edition that the difference he read is from
     * (null: none); absent: he says nothing of it.
     */
    async approve(number: number, person: { readonly id: string; readonly name: string }, over?: number | null): Promise<Outcome> {
      if (await waitingFor(number, over) === null) return { type: 'running', number, unchanged: true }
      // Nobody has been in it yet: it has to be as whatever is published today, and the nodes may be set otherwise than when it was.
      const { content, problems: own } = await loaded(number)
      if (own.length > 0) throw refusal(number, own)
      const problems = await against(content)
      if (problems.length > 0) return { type: 'broken', problems }
      // That took seconds.
      const waiting = await waitingFor(number, over)
      if (waiting === null) return { type: 'running', number, unchanged: true }
      const { now, after } = waiting
      await store.approve(number, person)
      return enter(number, person, 'approved', now, after ?? now?.switch ?? 0)
    },
    /**
     * Callers enter an edition again that ran before: the last one that this program can run, or the one named. Needs no approval, as it is for when something is
     * wrong, and rules that are newer than it keep nobody out of it: what they have against it is told when callers are in it. But what callers were taken out of comes back by itself for nobody: like anything new it is published, and approved.
     */
    async back(by: Who, to?: number): Promise<Outcome> {
      const now = await store.current()
      // Two who want to leave the same edition leave one, not two.
      if (to === undefined && (now?.reason === 'back' || now?.reason === 'automatic')) throw new LiandongError('flow.went-back', { edition: now.number, by: now.by, back: await lastThatRuns(now).catch(() => '…') })
      const number = to ?? await lastThatRuns(now)
      const { ran } = await store.needed(number)
      if (!ran) throw new LiandongError('flow.never-ran', { edition: number })
      if (to !== undefined && await approval() && await store.goneBackFrom(hashOfEdition(await store.content(number)))) throw new LiandongError('flow.taken-back', { edition: number })
      // Of the last that runs that is known.
      const reason = to === undefined ? null : await barred(to, now)
      if (reason !== null) throw reason
      const switched = await store.switchTo({ number, by, reason: 'back', ...(now !== null && { after: now.switch }) })
      if (!switched && (await store.current())?.number !== number) throw new LiandongError('flow.overtaken')
      const told = switched ? await within(store.content(number).then(async (content) => judge(content, await nodes())).catch(() => []), TOLD_WITHIN, (): readonly FlowProblem[] => []) : []
      return { type: 'running', number, unchanged: !switched, ...(switched && now !== null && { left: now.number, back: true }), ...(told.length > 0 && { against: told }) }
    },
  }
}
