import { byUrgency, isHeldBack } from './core/match.js'
import type { Call } from './core/room.js'
import type { IntakeDeps } from './deps.js'
import type { Loop } from './loop.js'
import type { NativeAgents } from './native-agents.js'

/** What was heard of another node is believed for so long without news, ms; while the database, by which the nodes hear of one another, is away: until it is back, or until FreeSWITCH, by which they tell one another as well, says otherwise. */
const BELIEVED = 10_000
/** A node's word by FreeSWITCH counts for two of its beats, and a little more, ms. */
const WORD = 5_000
/** Who was sent to another node and is back here so soon after was not taken there, ms. */
const BACK = 3_000
/** So often in a row, and callers are sent to another node only that long after, ms: FreeSWITCH's dialplan is older than the turn, or that node does not listen. Once is no sign: where one node did not listen when he came, he was taken by the one whose turn it was not. */
const BACKS = 2
const BACK_REST = 60_000
/** So many callers go to another FreeSWITCH with each beat: fewer than its edge takes for a flood (LIANDONG_EDGE_TRUNK_RATE). */
const CARRIED = 4
/** FreeSWITCH answers a call at once, ms. */
const CARRY = 5_000
/** Whom the edge did not bring to another one is tried again after this, ms. */
const CARRY_REST = 10_000
/** A FreeSWITCH that has just started is known under its new name by its other nodes before long, ms. */
const RENAMED = 5_000

/** The other nodes of the site: whether they have operators, and callers passed on to them. */
export interface Neighbours {
  /** A caller is well here: somebody takes calls, or will before long and callers may wait for that, and no other node has whom we lack. */
  takes(): boolean
  /**
   * Tells the others about us and hears of them. Who waits here, where nobody can take him, while another node has somebody, nobody can sign in here
   * or nobody is to wait for that, is sent on: his place goes with him. While only another FreeSWITCH has somebody, callers are brought there. Where everybody here is busy and somebody is free there, as many as are free there are. Rejects when the database does not answer.
   */
  beat(): Promise<void>
  /** By the clock of `beat`, whether or not that has its answer: the others hear of us by FreeSWITCH too, and while the database is away we go by what they said so. */
  say(): void
  /** We stop: who waits and is rung for by nobody goes to another node, if one has operators; his place goes with him. Only once we do not listen any more, or he comes back to us. */
  handOver(): void
}

export interface NeighboursDeps extends Pick<IntakeDeps, 'presence' | 'switchboard' | 'monotonic' | 'logger' | 'database' | 'settings' | 'newId'> {
  readonly agents: Pick<NativeAgents, 'mine' | 'heard'>
}

/** @param draining true once this node takes no more calls. */
export function makeNeighbours(loop: Loop, { presence, switchboard, monotonic, logger, database, settings, newId, agents }: NeighboursDeps, draining: () => boolean): Neighbours {
  /** When another node was last heard to have operators; -Infinity: the last word was that none has. */
  let heardAt = -Infinity
  /** The last beat came to nothing. */
  let deaf = false
  /** Whom we sent to a node that has somebody free: when last, and how often in a row. */
  const sent = new Map<string, { readonly at: number; readonly times: number }>()
  let turnsFrom = -Infinity
  const able = (): number => loop.room().able
  let core: string | null = null
  let coreAt = -Infinity
  /** Somebody sits at another FreeSWITCH, and nobody at another node of ours. */
  let apart = false
  /** One of those does not know of callers who are brought there. */
  let closed = false
  /** Nor here; told once. */
  let alone = false
  /** Whom the edge did not bring there, and until when he is not tried again. */
  const resting = new Map<string, number>()
  /** What the other nodes said by FreeSWITCH lately, and when. Null: none ever did, as those of before do not. */
  let words: Map<string, { readonly able: number; readonly free: number; readonly at: number }> | null = null
  switchboard.onWord((word) => { if ('able' in word) (words ??= new Map()).set(word.from, { able: word.able, free: word.free, at: monotonic() }) })

  /** The database is away: whoever says nothing by FreeSWITCH either is gone. */
  function heedWords(): void {
    if (words === null) return
    let [others, there] = [0, 0]
    for (const [from, { able, free, at }] of words) {
      if (monotonic() - at > WORD) words.delete(from)
      else [others, there] = [others + able, there + free]
    }
    heardAt = others > 0 ? monotonic() : -Infinity
    if (!draining() && able() > 0) turn(there)
  }

  /** Which FreeSWITCH is ours; `young`: it has just started, or we have, and whoever seems to sit at another one may sit at this. */
  function ours(): { readonly core: string | null; readonly young: boolean } {
    if (switchboard.core !== core) [core, coreAt] = [switchboard.core, monotonic()]
    return { core, young: monotonic() - coreAt < RENAMED }
  }

  const elsewhere = (): boolean => heardAt > -Infinity && (deaf || monotonic() - heardAt < BELIEVED)
  /** Sessions live in the database: without it nobody signs in, and there are those only whose desks are here. */
  const staffable = (): boolean => database().database === 'up' || loop.room().operators.some(({ attached }) => attached)
  /** Nobody at this FreeSWITCH takes calls, and a caller can be brought to where somebody does. */
  const carries = (): boolean => settings.halls && apart && !closed && switchboard.halls !== false && !deaf && able() === 0
  /** Whoever waits for that: not who is demoted, who was brought here himself, has an open ticket here, or was not taken there just now. */
  const carriable = (): Call[] => (!carries() ? [] : loop.room().queued.values().filter(({ callId, arriving, class: own, answer }) =>
    arriving.carried !== true && own !== 'demoted' && answer === null && monotonic() >= (resting.get(callId) ?? -Infinity)))
  /** Nobody here can take a caller, and he does better elsewhere: at a node that has somebody, or in the switch's own queue, whose telephones ring without us; or it is the site's own word that nobody waits here then. */
  const useless = (): boolean => able() === 0 && (elsewhere() || !staffable() || settings.whenUnstaffed === 'refuse')

  /** @param staying who waits here for something else */
  function passOn(why: string, staying: readonly Call[] = []): void {
    if (!switchboard.up) return
    const waiting = loop.room().waiting.values().filter((call) => call.held && !call.away && call.offer === null && !staying.includes(call)).map((call) => call.callId)
    if (waiting.length === 0) return
    logger.info({ waiting: waiting.length }, `${why}: callers go on`)
    for (const callId of waiting) loop.feed({ type: 'call.passed', callId })
    switchboard.passOn(waiting)
  }

  /** Operators here who have nobody to be offered; whoever is kept from those that are reserved takes none. */
  const free = (): number => Math.max(0, loop.room().ready.size - loop.room().queued.values().filter((call) => !isHeldBack(call)).length)

  /** Everybody here is busy, and `there` operators of other nodes are free: the most senior go there, in the order in which they would be offered here. */
  function turn(there: number): void {
    const now = monotonic()
    const { calls, ready, queued } = loop.room()
    for (const [callId, { at, times }] of sent) {
      if (calls.get(callId)?.held !== true) {
        if (now - at >= BACK) sent.delete(callId)
      } else if (times >= BACKS) {
        sent.clear()
        turnsFrom = now + BACK_REST
        logger.warn({ free: there }, 'callers do not come to the other node, where operators are free (sip/freeswitch/dialplan/citizens.xml is older than this version, or FreeSWITCH does not reach that node)')
        break
      }
    }
    if (!switchboard.up || there === 0 || ready.size > 0 || now < turnsFrom) return
    // Of whom the last ones there are kept free go no more than may have one.
    const going = [...queued.values()].sort(byUrgency).slice(0, there).filter((call, n) => !isHeldBack(call) || n < there - settings.reservedOperators)
    if (going.length === 0) return
    logger.info({ callers: going.length, free: there }, 'everybody here is busy, and somebody is free at another node: callers go there')
    for (const { callId } of going) {
      sent.set(callId, { at: now, times: (sent.get(callId)?.times ?? 0) + 1 })
      loop.feed({ type: 'call.passed', callId })
    }
    switchboard.turn(going.map(({ callId, arriving }) => ({ callId, turned: arriving.turned === true })))
  }

  /**
   * Whoever waits is brought to another FreeSWITCH by a call of his own FreeSWITCH, which the edge takes there like any other: he is with us until it is answered, and goes on
   * waiting when it is not. His call here is over then, as one that a line took, and none to call back; there it is one of its own, with its own ticket.
   */
  function carry(): void {
    for (const callId of resting.keys()) if (!loop.room().calls.has(callId)) resting.delete(callId)
    const first = carriable().sort(byUrgency).slice(0, CARRIED)
    if (!switchboard.up || first.length === 0) return
    logger.info({ callers: first.length }, 'nobody sits at this FreeSWITCH and somebody does at another one: callers are brought there')
    for (const { callId, arriving } of first) {
      loop.feed({ type: 'call.away', callId, away: true })
      loop.background(callId, 'not brought to another FreeSWITCH', switchboard.carry({ callId, legId: newId(), timeout: CARRY, call: arriving }).then((taken) => {
        if (taken) return loop.feed({ type: 'call.settled', callId, how: 'TRANSFERRED' })
        resting.set(callId, monotonic() + CARRY_REST)
        logger.warn({ callId }, 'a caller was not brought to another FreeSWITCH and waits on (pbx.hallsDial)')
        loop.feed({ type: 'call.away', callId, away: false })
      }))
    }
  }

  return {
    takes: () => !useless(),
    async beat() {
      const mine = draining() ? 0 : able()
      const [before, lately] = [useless(), carries()]
      try {
        const { core, young } = ours()
        // Who cannot reach its FreeSWITCH rings nobody: another node must send nobody here, nor wait with its own callers for whoever sits here.
        const rings = !draining() && switchboard.up
        const heard = await presence.beat(rings ? mine : 0, draining() ? {} : agents.mine(), rings ? free() : 0, core, switchboard.halls)
        deaf = false
        heardAt = heard.elsewhere || (heard.apart === true && young) ? monotonic() : -Infinity
        apart = heard.apart === true && !young && !heard.elsewhere
        closed = heard.closed === true
        const was = alone
        alone = apart && mine === 0
        const old = settings.halls && (closed || switchboard.halls === false)
        if (alone && !was) logger.warn({}, `nobody sits at this FreeSWITCH and somebody does at another one: the edge sends its calls there, and who waits here ${settings.halls && !old ? 'follows' : 'goes on waiting'} (docs/edge.md, Two FreeSWITCH)${old ? `: ${closed ? 'the dialplan there' : 'the dialplan here'} does not know of it (sip/freeswitch/dialplan/citizens.xml, reloadxml; liandong doctor)` : ''}`)
        agents.heard(heard.seats)
        if (mine > 0) turn(heard.free)
        // As with another node: known since the last beat at least.
        else if (lately && carries() && !draining()) carry()
      } catch (error) {
        deaf = true
        throw error
      } finally {
        // Known since the last beat at least: by now we do not listen any more, and he does not come back to us.
        if (mine === 0 && before && useless()) passOn('nobody is here to take calls', carriable())
      }
    },
    say() {
      switchboard.say(draining() ? { able: 0, free: 0 } : { able: able(), free: free() })
      if (deaf) heedWords()
    },
    handOver() { if (elsewhere()) passOn('this node stops') },
  }
}
