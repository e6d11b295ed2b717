import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** What a system administrator watches. No personal data in any label. */
export function makeMetrics() {
  const registry = new Registry()
  const registers = [registry]
  const counter = (name: string, help: string): Counter => new Counter({ name: `liandong_${name}`, help, registers })
  const gauge = (name: string, help: string, collect: () => number): Gauge => new Gauge({ name: `liandong_${name}`, help, registers, collect() { const value = collect(); if (Number.isNaN(value)) this.remove(); else this.set(value) } })
  const histogram = (name: string, help: string, buckets: number[]): Histogram => new Histogram({ name: `liandong_${name}`, help, buckets, registers })
  return {
    registry, gauge,
    offers: counter('offers_total', 'Offers to operators’ phones'),
    answered: counter('calls_answered_total', 'Calls answered by an operator'),
    abandoned: counter('calls_abandoned_total', 'Callers of this node who were gone before an answer; counted a minute later, once no late word of one can come'),
    refused: counter('sockets_refused_total', 'FreeSWITCH sockets refused (draining, not able to serve, peer not allowed)'),
    commandsRefused: counter('esl_commands_refused_total', 'Commands refused by our encoder or by FreeSWITCH'),
    socketMessages: counter('websocket_messages_total', 'Messages written to desks'),
    socketsCut: counter('websocket_cut_total', 'Desks cut off because they did not read'),
    clocksFired: counter('clock_stages_total', 'Stages of tickets’ clocks that came (warning, urge, supervision, notice)'),
    clockLate: histogram('clock_stage_late_seconds', 'How late a stage came', [0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 60]),
    notRecorded: counter('talks_not_recorded_total', 'Talks that were not recorded though they should have been'),
    deadLetters: counter('dead_letters_total', 'Messages that were given up'),
    flowReturns: counter('flow_returns_total', 'Editions of the flows that were taken back by themselves'),
    wait: histogram('answer_wait_seconds', 'Time in the queue of answered calls', [1, 2, 5, 10, 15, 20, 30, 60, 120, 300]),
    ticket: histogram('ticket_open_seconds', 'Answer event to durable ticket', [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2]),
    lag: histogram('esl_lag_seconds', 'FreeSWITCH’s time of an answer to our receipt of it', [0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.5, 2]),
  }
}
export type Metrics = ReturnType<typeof makeMetrics>
