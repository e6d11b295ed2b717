import { randomUUID } from 'node:crypto'
import type { Self } from '../contracts/people.js'
import type { ServerMessage } from '../contracts/ws.js'
import type { DeskMemory, DeskMessage, DeskPort, IntakeDesk } from '../intake/ports.js'
import { makeTrend, type Wait } from './trend.js'

/** One websocket, as the hub needs it. */
export interface HubSocket {
  readonly self: Self
  readonly tabId: string
  /** One message, its text in UTF-8. False when the reader is too slow: the socket is closed and must be forgotten. */
  write(message: Buffer): boolean
  close(code: number, reason: string): void
}

export interface HubSettings {
  /** How long all desks of an operator may be away before he counts as gone, ms. */
  readonly grace: number
  /** How long a tab that is being loaded anew keeps the seat from a tab that stands by, ms. */
  readonly reload?: number
  readonly clock: () => number
  readonly practice: boolean
  /** Practice: units that nobody is signed in for are played. */
  readonly playsUnits?: boolean
  readonly timeZone?: string
  /** The units that have to do with a ticket; without it unit users hear of no ticket. */
  readonly unitsOf?: (ticketId: string) => Promise<readonly string[]>
  /** An operator's seat is here now: the other nodes must not wait for him any more, nor ring him. */
  readonly onSeat?: (operatorId: string) => void
  /** His last desk here is gone for longer than a reload takes: a window that stands by at another node is his seat now. `ready`: he wanted calls. */
  readonly onLeft?: (operatorId: string, ready: boolean) => void
}

export interface HubMetrics { readonly sent: () => void; readonly cut: () => void }

/**
 * Messages of one operator, numbered from 1 within `epoch`; the last ones are kept for desks that were away. It is there from his first desk
 * here until he counts as gone: every node tells of every operator, and most of them have no desk at this one.
 */
interface Seat {
  readonly epoch: string
  seq: number
  /** As bytes: they lie outside the heap that the garbage collector walks, and are encoded once for all readers. */
  readonly kept: { readonly seq: number; readonly bytes: Buffer }[]
  /** Bytes in `kept`. */
  keptLength: number
  /** Sockets, and what each has applied. */
  sockets: Map<HubSocket, number>
  active: HubSocket | null
  leaving: NodeJS.Timeout | null
  /** The tab that held the seat until a moment ago: a reload comes back to it. */
  held: { readonly tabId: string; readonly timer: NodeJS.Timeout } | null
  /** He has a desk at another node since his last one here: it is the one that counts; those here stand by, and nobody waits for him when they close. */
  movedOn: boolean
}

/** So long a tab that is being loaded anew keeps its seat from a tab that stands by: longer than a page takes to be there again, shorter than a telephone rings, ms. */
const RELOAD = 4_000
/** Messages kept for a desk that was away, and their bytes: beyond either it gets a snapshot, which is shorter. */
const KEEP = 500
const KEEP_LENGTH = 1 << 20
/** Queue and health broadcasts are sent at most this often, ms: they go to every desk of the hall. */
const COALESCE = 1_000
/** Tickets whose unit is remembered, so that the unit that a ticket leaves hears of it too. */
const REMEMBERED = 2_000

export interface Hub {
  readonly desk: DeskPort
  /** A desk said hello. Operators and supervisors with a phone get a seat; everyone gets broadcasts. */
  join(socket: HubSocket, hello: { readonly epoch?: string; readonly since: number } & DeskMemory): void
  /** @param forGood he signed out, or was: nobody waits for him to come back. */
  leave(socket: HubSocket, forGood?: boolean): void
  /** His desk came up at another node: the younger one counts. He is gone from here at once, so that no two nodes ring him; his desks here stand by. */
  seatedElsewhere(operatorId: string): void
  /** His last desk at another node is gone: one that stands by for it here takes the seat. */
  leftElsewhere(operatorId: string, ready: boolean): void
  /** This desk has applied everything up to `seq`. */
  seen(socket: HubSocket, seq: number): void
  /** Messages kept for desks that are away. */
  readonly kept: number
  /** This tab takes the seat over. */
  take(socket: HubSocket): void
  isActive(socket: HubSocket): boolean
  /** Whose terminals are connected here. */
  present(): { readonly units: readonly string[]; readonly hall: boolean }
  /** To every terminal of a unit, or of the hall (null). */
  notify(unitId: string | null, message: ServerMessage): void
  /** Who waited before this node was started. */
  waitedBefore(waits: readonly Wait[]): void
  readonly sockets: number
  close(): void
}

/** Holds every desk's websocket. Sending never blocks and never waits for a reader: who does not read is cut off. */
export function makeHub(intake: () => IntakeDesk, settings: HubSettings, metrics: HubMetrics): Hub {
  const seats = new Map<string, Seat>()
  const everyone = new Set<HubSocket>()
  const latest = new Map<'queue' | 'health', ServerMessage>()
  const lastUnits = new Map<string, readonly string[]>()
  const trend = makeTrend(settings.clock)
  let flushing: NodeJS.Timeout | null = null

  function write(socket: HubSocket, message: Buffer): void {
    if (socket.write(message)) return metrics.sent()
    metrics.cut()
    leave(socket)
    socket.close(1013, 'too slow')
  }
  const bytesOf = (message: ServerMessage): Buffer => Buffer.from(JSON.stringify(message))
  const tell = (socket: HubSocket, message: ServerMessage): void => { write(socket, bytesOf(message)) }
  const hasSeat = ({ role, extension }: Self): boolean => (role === 'operator' || role === 'supervisor') && extension !== undefined

  const profileOf = ({ id, displayName, extension = '', skills }: Self): Parameters<IntakeDesk['attach']>[0] => ({ operatorId: id, displayName, extension, skills })

  function takeSeat(operatorId: string): Seat {
    const seat = seats.get(operatorId) ?? { epoch: randomUUID(), seq: 0, kept: [], keptLength: 0, sockets: new Map(), active: null, leaving: null, held: null, movedOn: false }
    seats.set(operatorId, seat)
    return seat
  }

  /** Nobody waits any more for the tab that held the seat. */
  function letIn(seat: Seat): void {
    if (seat.held !== null) clearTimeout(seat.held.timer)
    seat.held = null
  }

  function stopTimers(seat: Seat): void {
    letIn(seat)
    if (seat.leaving !== null) clearTimeout(seat.leaving)
  }

  /** Whoever comes later gets a snapshot. */
  function leaveSeat(operatorId: string): void {
    const seat = seats.get(operatorId)
    if (seat !== undefined) stopTimers(seat)
    seats.delete(operatorId)
    intake().detach(operatorId)
  }

  /** He is at no desk here any more, nor was he at another node's. */
  function goAway(operatorId: string, forGood: boolean): void {
    const ready = !forGood && intake().snapshot(operatorId).me.wantsReady === true
    leaveSeat(operatorId)
    settings.onLeft?.(operatorId, ready)
  }

  /** The seat was at another node, and is this window's now. */
  function bringBack(seat: Seat, socket: HubSocket, memory: DeskMemory): void {
    seat.movedOn = false
    settings.onSeat?.(socket.self.id)
    const snapshot = intake().attach(profileOf(socket.self), memory)
    for (const one of [...seat.sockets.keys()]) tell(one, { type: 'snapshot', seq: seat.seq, snapshot })
  }

  function number(seat: Seat, message: DeskMessage): Buffer {
    seat.seq += 1
    const bytes = bytesOf({ ...message, seq: seat.seq })
    seat.kept.push({ seq: seat.seq, bytes })
    seat.keptLength += bytes.length
    while (seat.kept.length > KEEP || seat.keptLength > KEEP_LENGTH) seat.keptLength -= seat.kept.shift()?.bytes.length ?? 0
    return bytes
  }

  function flush(): void {
    flushing = null
    for (const message of latest.values()) {
      const bytes = bytesOf(message)
      for (const socket of [...everyone]) write(socket, bytes)
    }
    latest.clear()
  }

  /** A unit's people learn neither id nor version of what is not theirs. */
  async function tellUnits(ticketId: string, bytes: Buffer): Promise<void> {
    const units = [...everyone].filter(({ self }) => self.role === 'unit')
    if (units.length === 0 || settings.unitsOf === undefined) return
    const before = lastUnits.get(ticketId) ?? []
    const now = await settings.unitsOf(ticketId)
    lastUnits.delete(ticketId)
    if (now.length > 0) lastUnits.set(ticketId, now)
    if (lastUnits.size > REMEMBERED) lastUnits.delete(lastUnits.keys().next().value ?? '')
    for (const socket of units) if (everyone.has(socket) && socket.self.unitId !== undefined && (now.includes(socket.self.unitId) || before.includes(socket.self.unitId))) write(socket, bytes)
  }

  function activate(seat: Seat, socket: HubSocket): void {
    letIn(seat)
    const before = seat.active
    seat.active = socket
    if (before !== null && before !== socket && seat.sockets.has(before)) tell(before, { type: 'seat', seat: 'standby' })
  }

  function leave(socket: HubSocket, forGood = false): void {
    everyone.delete(socket)
    const { id } = socket.self
    const seat = seats.get(id)
    if (seat === undefined || !seat.sockets.delete(socket)) return
    if (seat.active === socket) {
      seat.active = null
      const pass = (): void => {
        seat.held = null
        const [next] = seat.sockets.keys()
        seat.active = next ?? null
        if (next !== undefined) tell(next, { type: 'seat', seat: 'active' })
      }
      if (forGood) pass()
      else if (seat.sockets.size > 0) seat.held = { tabId: socket.tabId, timer: setTimeout(pass, settings.reload ?? RELOAD) }
    }
    if (seat.sockets.size > 0) return
    letIn(seat)
    if (seat.movedOn) leaveSeat(id)
    else if (forGood) goAway(id, true)
    else seat.leaving = setTimeout(() => { goAway(id, false) }, settings.grace)
  }

  return {
    desk: {
      send(operatorId, message) {
        const seat = seats.get(operatorId)
        if (seat === undefined) return
        const bytes = number(seat, message)
        for (const socket of [...seat.sockets.keys()]) write(socket, bytes)
      },
      broadcast(message) {
        if (message.type === 'ticket.changed' || message.type === 'photo.added') {
          const bytes = bytesOf(message)
          for (const socket of [...everyone]) if (socket.self.role !== 'unit') write(socket, bytes)
          // The database is away: their lists catch up with the next change, or by hand.
          tellUnits(message.ticketId, bytes).catch(() => undefined)
          return
        }
        if (message.type === 'queue') trend.note(message.queue.waiting)
        latest.set(message.type, message)
        flushing ??= setTimeout(flush, COALESCE)
      },
    },
    join(socket, hello) {
      everyone.add(socket)
      const { self } = socket
      const queue: ServerMessage = { type: 'queue', queue: intake().queueView() }
      const health: ServerMessage = { type: 'health', health: intake().healthView() }
      const welcome = (epoch: string, seat: 'active' | 'standby'): void => { tell(socket, { type: 'welcome', epoch, seat, practice: settings.practice, ...(settings.playsUnits === true ? { playsUnits: true } : {}), serverTime: settings.clock(), ...(settings.timeZone === undefined ? {} : { timeZone: settings.timeZone }), trend: self.role === 'unit' ? [] : [...trend.points()] }) }
      if (!hasSeat(self)) {
        welcome(randomUUID(), 'standby')
      } else {
        const seat = takeSeat(self.id)
        if (seat.leaving !== null) clearTimeout(seat.leaving)
        seat.leaving = null
        // A page that only lost its link takes nothing back from the other node: its tab is asked for that by hand.
        const standsBy = seat.movedOn && hello.epoch === seat.epoch
        seat.movedOn = standsBy
        if (!standsBy && (seat.sockets.size === 0 || seat.active === null)) settings.onSeat?.(self.id)
        // A reload of the same tab is the same seat: its old socket may not have noticed yet that it is gone.
        for (const old of [...seat.sockets.keys()]) if (old.tabId === socket.tabId) { seat.sockets.delete(old); everyone.delete(old); old.close(4000, 'replaced by a newer socket of this tab'); if (seat.active === old) seat.active = null }
        // Attached before the socket is in the seat: what that changes reaches it by replay or snapshot, after the welcome.
        const snapshot = standsBy ? intake().snapshot(self.id) : intake().attach(profileOf(self), hello)
        seat.sockets.set(socket, hello.epoch === seat.epoch ? hello.since : 0)
        if (seat.active === null && !standsBy && (seat.held === null || seat.held.tabId === socket.tabId)) activate(seat, socket)
        welcome(seat.epoch, seat.active === socket ? 'active' : 'standby')
        const oldest = seat.kept[0]?.seq ?? seat.seq + 1
        if (hello.epoch === seat.epoch && hello.since <= seat.seq && hello.since >= oldest - 1) {
          for (const { seq, bytes } of seat.kept) if (seq > hello.since) write(socket, bytes)
        } else {
          tell(socket, { type: 'snapshot', seq: seat.seq, snapshot })
        }
      }
      tell(socket, queue)
      tell(socket, health)
    },
    leave,
    seatedElsewhere(operatorId) {
      const seat = seats.get(operatorId)
      if (seat === undefined) return
      if (seat.sockets.size === 0) return leaveSeat(operatorId)
      letIn(seat)
      seat.movedOn = true
      const { active } = seat
      seat.active = null
      if (active !== null) tell(active, { type: 'seat', seat: 'standby' })
      intake().detach(operatorId)
    },
    leftElsewhere(operatorId, ready) {
      const seat = seats.get(operatorId)
      const socket = seat?.movedOn === true ? [...seat.sockets.keys()].at(-1) : undefined
      if (seat === undefined || socket === undefined) return
      activate(seat, socket)
      tell(socket, { type: 'seat', seat: 'active' })
      bringBack(seat, socket, { ready })
    },
    seen(socket, seq) {
      const seat = seats.get(socket.self.id)
      if (seat?.sockets.has(socket) !== true || seq > seat.seq) return
      seat.sockets.set(socket, seq)
      // A desk of this tab that comes back asks for what came after: what every desk here has applied is not asked for again.
      const applied = Math.min(...seat.sockets.values())
      while (seat.kept[0] !== undefined && seat.kept[0].seq <= applied) seat.keptLength -= seat.kept.shift()?.bytes.length ?? 0
    },
    take(socket) {
      const seat = seats.get(socket.self.id)
      if (seat?.sockets.has(socket) !== true) return
      activate(seat, socket)
      tell(socket, { type: 'seat', seat: 'active' })
      // Whether he takes calls he says himself: the other node knows what he said there.
      if (seat.movedOn) bringBack(seat, socket, {})
    },
    isActive: (socket) => seats.get(socket.self.id)?.active === socket,
    present() {
      const units = new Set<string>()
      let hall = false
      for (const { self } of everyone) {
        if (self.role !== 'unit') hall = true
        else if (self.unitId !== undefined) units.add(self.unitId)
      }
      return { units: [...units], hall }
    },
    notify(unitId, message) {
      const bytes = bytesOf(message)
      for (const socket of [...everyone]) if (unitId === null ? socket.self.role !== 'unit' : socket.self.unitId === unitId) write(socket, bytes)
    },
    waitedBefore(waits) { trend.fill(waits) },
    get sockets() { return everyone.size },
    get kept() { return [...seats.values()].reduce((sum, { kept }) => sum + kept.length, 0) },
    close() {
      if (flushing !== null) clearTimeout(flushing)
      for (const seat of seats.values()) stopTimers(seat)
      for (const socket of [...everyone]) socket.close(1012, 'server is stopping')
      everyone.clear()
      seats.clear()
    },
  }
}
