import Value from 'typebox/value'
import { Exchange, type LineState } from '../../contracts/county.js'
import { LiandongError } from '../../contracts/errors.js'
import { startLoop, type Loop } from '../loop.js'
import { opened, spoken, taken } from './exchange.js'
import type { Line, LineStore, Post } from './ports.js'

export interface LineDeps {
  readonly store: LineStore
  readonly post: Post
  /** Between two exchanges while nothing is to be said, ms: so late the city's news may come. */
  readonly every: number
  /** Told when the line comes up or goes down. */
  readonly onLine: (up: boolean, why: string) => void
  readonly onError: (error: unknown) => void
  readonly clock: () => number
  readonly random?: () => number
}

/** The city is dialled again after as long as between two exchanges, at most this, ms; twice as long after each further failure … */
const FIRST_RETRY = 1_000
/** … up to so many times that. */
const LONGEST_RETRY = 15

/** The city refused an exchange because a later one of ours had come before it. */
const OVERTAKEN = new Error('another node of this county dials too')

export interface CountyLine extends Loop {
  readonly up: boolean
  /** Since when it is so, ms since epoch. */
  readonly since: number
  /** Messages that the city does not have yet, as last counted. */
  readonly waiting: number
  /** Units of the city that this county is; none until it has joined. */
  readonly units: readonly string[]
}

/**
 * A county's side of its line: it dials the city again and again, whether there is something to say or not. Everything waits in the database meanwhile. Of several nodes
 * one dials: as long as it lives and reaches the city. The others show what it finds, and take over.
 */
export function startLine({ store, post, every, onLine, onError, clock, random = Math.random }: LineDeps): CountyLine {
  const firstRetry = Math.min(FIRST_RETRY, every)
  const longestRetry = LONGEST_RETRY * firstRetry
  let failures = 0
  let dials = false
  let up = false
  let since = clock()
  let waiting = 0
  let units: readonly string[] = []
  let peer: Pick<LineState, 'have' | 'held' | 'wants'> = { have: 0, held: [] }
  const turnOf = (now: boolean, why: string): void => {
    if (up === now) return
    up = now
    since = clock()
    onLine(now, why)
  }

  /** → whether there is more to say or to hear at once. */
  async function round(line: Line): Promise<boolean> {
    const dialled = await store.dial(line.name)
    if (dialled === null) {
      dials = false
      ;({ up, since } = await store.standing(line.name))
      return false
    }
    const { turn } = dialled
    // How it stands, and what the city has, the node knows that dialled until now.
    if (!dials) {
      peer = { have: dialled.acked, held: [] }
      ;({ up, since } = await store.standing(line.name))
    }
    dials = true
    const mine = await spoken(store, line, turn, peer)
    const answer = await post(`${line.url.replace(/\/$/, '')}/api/lines/${line.name}/exchange`, mine).catch(async (error: unknown) => {
      throw error instanceof LiandongError && error.code === 'line.turn' && await store.dialledSince(line.name, turn) ? OVERTAKEN : error
    })
    if (!Value.Check(Exchange, answer)) throw new Error('the city answers something else')
    const said = opened(answer, line)
    // An old answer that somebody plays again.
    if (said.state.turn !== turn) throw new LiandongError('line.turn', { turn: said.state.turn })
    const before = peer
    peer = said.state
    await taken(store, line, said)
    if (!up && await store.stands(line.name, true)) turnOf(true, '')
    // A piece of a photo is followed by the next; one that it did not take is not sent again at once.
    const asksOn = mine.part !== undefined && (peer.wants?.id !== before.wants?.id || peer.wants?.from !== before.wants?.from)
    return said.messages.length > 0 || said.part !== null || asksOn || (mine.messages.length > 0 && peer.have > before.have)
  }

  const loop = startLoop({
    every, afterFailure: longestRetry, onError,
    async look(closed) {
      let line: Line | null = null
      try {
        line = await store.city()
        units = line?.units ?? []
        while (line !== null && await round(line) && !closed()) line = await store.city()
        failures = 0
        return undefined
      } catch (error) {
        // A node with a program of before nodes took turns, while that is renewed: what it brings there is there, and the line is not cut.
        if (error === OVERTAKEN) return firstRetry / 2 + random() * firstRetry / 2
        failures += 1
        dials = false
        // Another node may have a way to it. Of who dials no more nobody hears that the line is cut.
        if (line === null || await store.stands(line.name, false).catch(() => true)) turnOf(false, (error as Error).message)
        if (error instanceof LiandongError) onError(error)
        // Doubled each time, anywhere between half of it and all of it: seven counties whose line came back do not dial in one instant.
        const whole = Math.min(longestRetry, firstRetry * 2 ** (failures - 1))
        return whole / 2 + random() * whole / 2
      } finally {
        waiting = (await store.views().catch(() => [])).find((view) => view.peer === 'city')?.waiting ?? waiting
      }
    },
  })
  return { ...loop, get up() { return up }, get since() { return since }, get waiting() { return waiting }, get units() { return units } }
}
