import { SHORTEST_MESSAGE } from '../contracts/call.js'
import { resumeFlow, startFlow, step } from './engine.js'
import type { Way } from './node-type.js'
import type { Flow, FlowCommand, FlowEvent, FlowState, FlowStep, FlowSurroundings, FlowVariables, PromptRef, WaitCommand } from './types.js'

/**
 * A call without a telephone: the same engine on a virtual clock, with prompts as long as their files.
 * For the terminal, scenario tests and simulation. Keys pressed in a play that cannot be skipped are lost, as on FreeSWITCH;
 * keys pressed in a question cut its prompts.
 */
export interface RehearsalOptions {
  readonly flow: Flow
  /** Length of a prompt, ms. */
  readonly duration: (prompt: PromptRef) => number
  /** What surrounds the caller, but for the time. */
  readonly surroundings: Omit<FlowSurroundings, 'now'>
  /** ms since epoch when the caller enters the flow. */
  readonly startAt: number
  /** A caller who comes back after a break. */
  readonly from?: FlowState
  /** What a visit brings with it. */
  readonly vars?: FlowVariables
  /** How a look-up or a transfer ends, and after how many ms. Default: it fails, a look-up at its deadline. */
  readonly outcome?: (command: Extract<WaitCommand, { type: 'look-up' | 'transfer' }>) => { readonly after: number; readonly event: FlowEvent }
}

/** What the caller notices, and what the operator will see of him; `at` in ms since he entered the flow. */
export type RehearsalNote =
  | { readonly type: 'heard'; readonly at: number; readonly prompt: PromptRef; readonly during: WaitCommand['type']; /** Cut by a key after so many ms. */ readonly cutAfter?: number }
  | { readonly type: 'pressed'; readonly at: number; readonly key: string }
  | { readonly type: 'node'; readonly at: number; readonly node: string; /** The way out of the node before that led here, where it did not simply go on. */ readonly way?: Way }
  | { readonly type: 'tagged'; readonly at: number; readonly key: string; readonly value: string }
  | { readonly type: 'said'; readonly at: number; readonly text: string }
  | { readonly type: 'recorded'; readonly at: number; readonly duration: number }
  /** Everything else that was done for him: his place in the queue, a promised call-back, a look-up, a transfer. */
  | { readonly type: 'done'; readonly at: number; readonly command: Extract<FlowCommand, { type: 'queue' | 'call-back' | 'look-up' | 'transfer' }> }
  | { readonly type: 'ended'; readonly at: number; /** The flow hung up; otherwise he goes on waiting. */ readonly hungUp?: true }

export interface Rehearsal {
  readonly notes: readonly RehearsalNote[]
  state(): FlowState
  /** ms since the caller entered the flow. */
  elapsed(): number
  /** What the flow waits for: the end of a prompt, a key, his voice on a tape, or nothing more. */
  waitingFor(): 'prompt' | 'key' | 'voice' | 'nothing'
  /** What is heard asks nothing: a key ends it, and is no answer. */
  skips(): boolean
  /** Time until something happens if nobody presses a key, ms; 0 after the end. */
  untilNext(): number
  /** Prompts of the command that runs. */
  playing(): readonly PromptRef[]
  /** Time until its last prompt is over, ms. */
  promptsLeft(): number
  press(key: string): void
  /** Speaks to a speech engine. Whether one listens. */
  say(text: string): boolean
  /** Speaks from now on, for so many ms, on a tape. Whether one runs. */
  speak(ms: number): boolean
  /** Says these words to whatever listens: on a tape as long as it takes to say them. */
  utter(words: string): void
  /** The telephone cannot do what it was asked for (missing file, lost codec, …). */
  fail(): void
  /** Lets time pass, ms. */
  wait(ms: number): void
}

interface Sounding {
  readonly command: WaitCommand
  /** When it is over by itself, and how; for a gather before any key. */
  readonly ends: number
  readonly outcome: FlowEvent
  /** Virtual time at which it began. */
  readonly since: number
  readonly prompts: readonly { readonly prompt: PromptRef; readonly ends: number }[]
  readonly promptsEnd: number
  heard: number
  digits: string
  lastKeyAt: number | null
  /** Until when he speaks. */
  voiceEnds: number
}

/** What it takes to say a character, ms: a message of a few words is one. */
const SPOKEN = 400

/** Runs a flow in virtual time, without a telephone: somebody presses keys, speaks and waits, and every sound is noted with its times, ms. */
export function rehearse({ flow, duration, surroundings, startAt, from, vars, outcome = failing }: RehearsalOptions): Rehearsal {
  const notes: RehearsalNote[] = []
  let now = 0
  let sounding: Sounding | null = null
  const around = (): FlowSurroundings => ({ ...surroundings, now: startAt + now })
  let state: FlowState = apply(from === undefined ? startFlow(flow, around(), vars) : resumeFlow(flow, from, around()), from?.path ?? [])

  function apply({ state: next, commands, ways = [] }: FlowStep, before: readonly string[]): FlowState {
    const entered = addedTo(before, next.path)
    const tags = commands.flatMap((command) => (command.type === 'tag' ? [command.tag] : []))
    // A tag belongs to the node that set it: that of before, or one passed on the way.
    const noteTags = (due: (node: string) => boolean) => {
      for (let tag = tags[0]; tag !== undefined && due(tag.node); tag = tags[0]) {
        notes.push({ type: 'tagged', at: now, key: tag.key, value: tag.value })
        tags.shift()
      }
    }
    noteTags((node) => !entered.includes(node))
    for (const [index, node] of entered.entries()) {
      const way = ways.at(index - entered.length)
      notes.push({ type: 'node', at: now, node, ...(way !== undefined && way.by !== 'always' && { way }) })
      noteTags((own) => own === node)
    }
    noteTags(() => true)
    sounding = null
    for (const command of commands) begin(command)
    return next
  }

  function begin(command: FlowCommand): void {
    if (command.type === 'tag' || command.type === 'language') return
    if (command.type === 'end' || command.type === 'hang-up') {
      notes.push({ type: 'ended', at: now, ...(command.type === 'hang-up' && { hungUp: true }) })
      return
    }
    if (command.type === 'queue' || command.type === 'call-back' || command.type === 'look-up' || command.type === 'transfer') notes.push({ type: 'done', at: now, command })
    if (command.type === 'queue' || command.type === 'call-back') return
    let ends = now
    const prompts = promptsOf(command).map((prompt) => ({ prompt, ends: ends += duration(prompt) }))
    const over = command.type === 'look-up' || command.type === 'transfer' ? outcome(command) : { after: ends - now + lasting(command), event: { type: 'played' as const } }
    sounding = { command, since: now, prompts, promptsEnd: ends, ends: now + over.after, outcome: over.event, heard: 0, digits: '', lastKeyAt: null, voiceEnds: 0 }
  }

  function happen(event: FlowEvent): void {
    state = apply(step(flow, state, event, around()), state.path)
  }

  function answer(current: Sounding, key: string): void {
    const { command } = current
    if (command.type === 'record') {
      // What is heard before the tone is played to its end, and only `#` ends the tape: FreeSWITCH counts it as it is.
      if (key === '#' && now > current.promptsEnd) finish({ type: 'recorded', duration: now - current.promptsEnd })
      return
    }
    hearUntil(current, now, true)
    const { terminators, min, max } = gatherOf(command) ?? { terminators: '', min: 1, max: 1 }
    // Too few keys are none, whatever ends them.
    if (terminators.includes(key)) return happen(current.digits.length < min ? { type: 'timeout', digits: current.digits } : { type: 'digits', digits: current.digits, terminator: key })
    current.digits += key
    current.lastKeyAt = now
    if (current.digits.length >= max) happen({ type: 'digits', digits: current.digits })
  }

  function finish(event: FlowEvent): void {
    if (event.type === 'recorded') notes.push({ type: 'recorded', at: now, duration: event.duration })
    happen(event)
  }

  function hearUntil(current: Sounding, time: number, cut: boolean): void {
    for (let begins = current.prompts[current.heard - 1]?.ends ?? current.since; current.heard < current.prompts.length; current.heard += 1) {
      const one = current.prompts[current.heard]
      if (one === undefined || (one.ends > time && !cut)) return
      if (one.ends > time && begins >= time) break
      notes.push({ type: 'heard', at: begins, prompt: one.prompt, during: current.command.type, ...(one.ends > time && { cutAfter: time - begins }) })
      begins = one.ends
    }
    if (cut) current.heard = current.prompts.length
  }

  function deadline(current: Sounding): number {
    const { command, promptsEnd, voiceEnds } = current
    if (command.type === 'record') return promptsEnd + Math.min(command.maxDuration, Math.max(0, voiceEnds - promptsEnd) + command.silence)
    return current.lastKeyAt === null ? current.ends : current.lastKeyAt + (gatherOf(current.command)?.interDigitTimeout ?? 0)
  }

  function wait(ms: number): void {
    const until = now + ms
    for (let current = sounding; current !== null; current = sounding) {
      const end = deadline(current)
      if (end > until) break
      hearUntil(current, end, false)
      now = end
      finish(expired(current, end))
    }
    now = until
    if (sounding !== null) hearUntil(sounding, now, false)
  }

  function say(text: string): boolean {
    notes.push({ type: 'said', at: now, text })
    if (sounding?.command.type !== 'listen') return false
    hearUntil(sounding, now, true)
    happen({ type: 'heard', text })
    return true
  }

  function speak(ms: number): boolean {
    if (sounding?.command.type !== 'record') return false
    sounding.voiceEnds = Math.max(sounding.voiceEnds, now + ms)
    return true
  }

  return {
    notes,
    state: () => state,
    elapsed: () => now,
    waitingFor: () => (sounding === null ? 'nothing' : sounding.command.type === 'record' ? 'voice' : takesKeys(sounding.command) ? 'key' : 'prompt'),
    skips: () => sounding?.command.type === 'play' && sounding.command.keys === true,
    untilNext: () => (sounding === null ? 0 : Math.max(0, deadline(sounding) - now)),
    playing: () => (sounding === null ? [] : promptsOf(sounding.command)),
    promptsLeft: () => (sounding === null ? 0 : Math.max(0, sounding.promptsEnd - now)),
    press(key) {
      notes.push({ type: 'pressed', at: now, key })
      if (sounding !== null && takesKeys(sounding.command)) answer(sounding, key)
    },
    say,
    speak,
    utter(words) {
      speak(words.length * SPOKEN)
      say(words)
    },
    fail() {
      if (sounding === null) return
      hearUntil(sounding, now, false)
      happen({ type: 'failed', reason: 'FILE NOT FOUND' })
    },
    wait,
  }
}

/** As FreeSWITCH does it: enough keys without a terminator are an answer, too few are none; a tape that its silence ended is none where nobody spoke, or coughed. */
function expired({ command, digits, outcome, promptsEnd, voiceEnds }: Sounding, at: number): FlowEvent {
  if (command.type === 'record') return { type: 'recorded', duration: voiceEnds - promptsEnd < SHORTEST_MESSAGE ? 0 : at - promptsEnd }
  const gather = gatherOf(command)
  if (gather === null) return outcome
  return digits.length >= gather.min ? { type: 'digits', digits } : { type: 'timeout', digits }
}

const gatherOf = (command: WaitCommand): Extract<WaitCommand, { type: 'gather' }> | null => (command.type === 'gather' ? command : command.type === 'listen' ? command.gather : null)
const takesKeys = (command: WaitCommand): boolean => gatherOf(command) !== null || command.type === 'record' || ((command.type === 'hold' || command.type === 'play') && command.keys === true)

function promptsOf(command: WaitCommand): readonly PromptRef[] {
  const prompted = gatherOf(command) ?? command
  return 'prompts' in prompted ? prompted.prompts : []
}

/** How long it goes on after its prompts if the caller does nothing, ms. */
function lasting(command: WaitCommand): number {
  switch (command.type) {
    case 'hold': return command.duration
    case 'record': return command.silence
    case 'gather': return command.timeout
    case 'listen': return command.gather.timeout
    case 'play': case 'look-up': case 'transfer': return 0
  }
}

/** Nobody answers. */
const failing = (command: Extract<WaitCommand, { type: 'look-up' | 'transfer' }>): { after: number; event: FlowEvent } => ({ after: command.timeout, event: { type: 'failed', reason: 'no answer' } })

/** What was appended to a list that keeps only its last entries. */
export function addedTo(before: readonly string[], after: readonly string[]): readonly string[] {
  for (let added = Math.max(0, after.length - before.length); added < after.length; added += 1) {
    const kept = after.slice(0, after.length - added)
    const tail = before.slice(before.length - kept.length)
    if (kept.every((node, index) => node === tail[index])) return after.slice(after.length - added)
  }
  return after
}
