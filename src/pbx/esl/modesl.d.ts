/** modesl 1.2.1 ships no types. Only what `connection.ts` builds on is declared; the rest of it must not be used (reliability.md §3.1). */
declare module 'modesl' {
  import type { Socket } from 'node:net'
  export class Connection {
    constructor(socket: Socket)
    socket: Socket | null
    emit(event: string, ...values: unknown[]): boolean
    on(event: string, listener: (...values: unknown[]) => void): this
    protected _onConnect(): void
    protected _onError(error: Error): void
    send(command: string, args?: Record<string, string>): void
    sendRecv(command: string, args?: unknown, callback?: (event: unknown) => void): void
    connected(): boolean
  }
  const esl: { Connection: typeof Connection }
  export default esl
}
