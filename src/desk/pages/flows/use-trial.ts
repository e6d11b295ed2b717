import { useCallback, useEffect, useRef, useState } from 'react'
import type { HINT_KINDS } from '../../../contracts/call.js'
import type { FlowTried, HeardPrompt, TryMove } from '../../../contracts/routes/flows.js'
import { call as request } from '../../api/endpoints.js'

/** What the call meets. `at`: when it comes; null: now. */
export interface Around {
  readonly which: number | 'files' | undefined
  readonly at: number | null
  readonly waiting: number
  readonly ready: number
  readonly present: number
  readonly modes: string[]
  /** Until when they are on, where it is said. */
  readonly ends: Record<string, number>
  readonly vars: Record<string, string>
  readonly number: string
  readonly hints: (typeof HINT_KINDS)[number][]
}

interface Answer { readonly tried: FlowTried; /** When it came, by this computer's clock. */ readonly at: number }

/** Prompts count as just begun when no more than this has passed of them, ms. */
const JUST_BEGUN = 400

/**
 * A call without a telephone, in real time: what is heard is played, keys are pressed, words are said. The server plays the whole call from its beginning
 * each time something happens; so there is nothing that could get out of step.
 */
export function useTrial(flow: string, around: Around, quiet: boolean) {
  const [answer, setAnswer] = useState<Answer | null>(null)
  const [failed, setFailed] = useState<unknown>(null)
  const begun = useRef({ startAt: 0, moves: [] as TryMove[], turn: 0 })
  const player = usePlayer(quiet)

  const ask = useCallback((until: number): void => {
    const call = begun.current
    const turn = call.turn += 1
    const { which, waiting, ready, present, modes, ends, vars, number, hints } = around
    request('tryFlow', { body: { flow, ...(which !== undefined && { which }), waiting, ready, present, modes, ends, vars, number, hints, startAt: call.startAt, until: Math.round(until), moves: [...call.moves] } }).then((tried) => {
      if (turn !== begun.current.turn) return
      setFailed(null)
      setAnswer({ tried, at: performance.now() })
      const whole = tried.playing.reduce((sum, { ms }) => sum + ms, 0)
      if (tried.promptsLeft <= 0) player.stop()
      else if (whole - tried.promptsLeft <= JUST_BEGUN) player.play(tried.playing)
    }, setFailed)
  }, [flow, around, player])

  const elapsed = useCallback((): number => {
    if (answer === null) return 0
    const { tried, at } = answer
    return tried.waitingFor === 'nothing' ? tried.elapsed : tried.elapsed + Math.min(tried.untilNext, performance.now() - at)
  }, [answer])

  // What happens by itself: the end of a prompt, silence.
  useEffect(() => {
    if (answer === null || answer.tried.waitingFor === 'nothing') return
    const { tried } = answer
    const timer = setTimeout(() => ask(tried.elapsed + tried.untilNext), tried.untilNext)
    return () => clearTimeout(timer)
  }, [answer, ask])

  const move = (what: { readonly key: string } | { readonly words: string }): void => {
    if (answer === null || answer.tried.waitingFor === 'nothing') return
    const at = Math.round(elapsed())
    begun.current.moves.push({ at, ...what })
    ask(at)
  }

  return {
    tried: answer?.tried ?? null, failed, elapsed,
    start() {
      begun.current = { startAt: around.at ?? Date.now(), moves: [], turn: begun.current.turn }
      setAnswer(null)
      ask(0)
    },
    press(key: string) { move({ key }) },
    say(words: string) { move({ words }) },
    /** Does not wait for the end of what is heard. */
    ahead() { if (answer !== null && answer.tried.waitingFor !== 'nothing') ask(answer.tried.elapsed + answer.tried.untilNext) },
    hangUp() {
      begun.current.turn += 1
      player.stop()
      setAnswer(null)
    },
  }
}

/** Plays prompts one after the other. */
function usePlayer(quiet: boolean) {
  const sounding = useRef<{ audio: HTMLAudioElement | null; turn: number }>({ audio: null, turn: 0 })
  const silent = useRef(quiet)
  silent.current = quiet
  useEffect(() => { if (sounding.current.audio !== null) sounding.current.audio.muted = quiet }, [quiet])
  const [player] = useState(() => {
    const stop = (): void => {
      sounding.current.turn += 1
      sounding.current.audio?.pause()
      sounding.current.audio = null
    }
    return {
      stop,
      play(prompts: readonly HeardPrompt[]): void {
        stop()
        const turn = sounding.current.turn
        const next = (index: number): void => {
          const prompt = prompts[index]
          if (prompt === undefined || turn !== sounding.current.turn) return
          if (prompt.hash === undefined) return next(index + 1)
          const audio = new Audio(`/api/flows/sound/${prompt.hash}`)
          audio.muted = silent.current
          sounding.current.audio = audio
          audio.addEventListener('ended', () => next(index + 1))
          // A browser without sound, or one that forbids it: the text is there all the same.
          audio.play().catch(() => undefined)
        }
        next(0)
      },
    }
  })
  useEffect(() => () => player.stop(), [player])
  return player
}
