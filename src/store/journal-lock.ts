import { closeSync, constants, existsSync, openSync, readdirSync, readFileSync, renameSync, unlinkSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LiandongError } from '../contracts/errors.js'
import { read, removeFile, segmentsOf } from './journal-file.js'
import { makeDirectory } from './directory.js'

/** A socket's address is at most 107 bytes (Linux) or 103 (macOS). */
const ADDRESS = 100
/** Digits of a socket's own name, behind the prefix of its journal. */
const NAME = 12
/** How long who holds a journal may take to say who he is, ms. */
const ANSWER = 1_000
/** In both languages alike. */
const UNKNOWN = '—'

/**
 * One process for each journal. Whoever holds it listens on a unix socket of his own beside the journal: the kernel ends that with the process,
 * also in containers where process numbers repeat and where the file system is all that is shared. Everybody listens first and looks for others then, so of two
 * who come together at least one sees the other; names are never used twice, so a dead one can be removed without harm.
 * Whoever asks there is told who holds it.
 * @returns how to let go; null: another process has it.
 */
export async function lockJournal(file: string, about: () => Holder = () => ({ pid: process.pid })): Promise<(() => void) | null> {
  const directory = dirname(file)
  makeDirectory(directory, 0o700)
  const { prefix, names, addressOf, close } = locksBeside(file)
  const mine = `${prefix}${randomBytes(NAME / 2).toString('hex')}`
  const server = createServer((socket) => { socket.on('error', () => undefined).end(JSON.stringify(about())) })
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(addressOf(mine), resolve) })
  server.unref()
  const letGo = (): void => {
    if (existsSync(join(directory, mine))) unlinkSync(join(directory, mine))
    server.close()
    close()
  }
  for (const name of names().filter((one) => one !== mine)) {
    if (await isHeld(addressOf(name))) {
      letGo()
      return null
    }
    removeFile(join(directory, name))
  }
  return letGo
}

/** Who holds a journal, as far as he says: his process, and where his desk is once it is open. */
export interface Holder { readonly pid: number; readonly url?: string }

/** Asks who holds it; null: nobody answers in time, though somebody may hold it (a process that is stopped). */
async function holderOf(file: string): Promise<Holder | null> {
  const { names, addressOf, close } = locksBeside(file)
  try {
    const answers = await Promise.all(names().map((name) => answerAt(addressOf(name))))
    return answers.find((answer) => answer !== null) ?? null
  } finally {
    close()
  }
}

/** Whether somebody who answers holds it. */
export const isTaken = async (file: string): Promise<boolean> => existsSync(dirname(file)) && await holderOf(file) !== null

/** The sockets beside a journal, and how to reach one: through a descriptor of their directory where its path is too long for an address. */
function locksBeside(file: string): { readonly prefix: string; names(): string[]; addressOf(name: string): string; close(): void } {
  const directory = dirname(file)
  const prefix = `${basename(file, '.log')}.lock-`
  const long = Buffer.byteLength(join(directory, prefix)) + NAME > ADDRESS
  const descriptor = long && existsSync('/proc/self/fd') ? openSync(directory, constants.O_RDONLY) : null
  return {
    prefix,
    names: () => readdirSync(directory).filter((name) => name.startsWith(prefix)),
    addressOf: (name) => (descriptor === null ? join(directory, name) : `/proc/self/fd/${descriptor}/${name}`),
    close() { if (descriptor !== null) closeSync(descriptor) },
  }
}

const answerAt = (address: string): Promise<Holder | null> => new Promise((resolve) => {
  const socket = connect(address)
  let said = ''
  const end = (): void => {
    socket.destroy()
    try {
      const { pid, url } = JSON.parse(said) as Partial<Holder>
      resolve(typeof pid === 'number' ? { pid, ...(typeof url === 'string' && { url }) } : null)
    } catch {
      resolve(null)
    }
  }
  socket.setTimeout(ANSWER, end).setEncoding('utf8').on('data', (chunk: string) => { said += chunk }).once('end', end).once('error', end)
})

/** A process that is stopped holds it as well: the kernel takes the connection for it. */
const isHeld = (address: string): Promise<boolean> => new Promise((resolve) => {
  const socket = connect(address)
  socket.once('connect', () => { socket.destroy(); resolve(true) })
  socket.once('error', (error: NodeJS.ErrnoException) => { resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT') })
})

/** Takes the lock; one who restarts waits for his predecessor to end. @throws LiandongError `home.in-use` with the remedy, when another process has it. */
export async function takeJournal(file: string, patience: number, about?: () => Holder): Promise<() => void> {
  const until = performance.now() + patience
  for (;;) {
    const letGo = await lockJournal(file, about)
    if (letGo !== null) return letGo
    if (performance.now() >= until) {
      const holder = await holderOf(file)
      throw new LiandongError('home.in-use', { home: dirname(dirname(file)), node: basename(file, '.log'), pid: holder?.pid ?? UNKNOWN, url: holder?.url ?? UNKNOWN })
    }
    await sleep(50 + Math.random() * 100)
  }
}

/**
 * Journals of nodes that are gone (a container with a new host name, a node that was renamed): what they kept is ours now.
 * `keep` is durable when it resolves; only then is the old file removed.
 */
export async function adoptJournals(own: string, keep: (record: unknown) => Promise<void>, onTrouble: (fields: object, text: string) => void): Promise<number> {
  const directory = dirname(own)
  const others = new Set(readdirSync(directory).flatMap((name) => /^([a-z0-9-]+)(\.\d+)?\.log$/.exec(name)?.[1] ?? []))
  others.delete(basename(own, '.log'))
  let adopted = 0
  for (const node of others) {
    const file = join(directory, `${node}.log`)
    const letGo = await lockJournal(file)
    if (letGo === null) continue
    try {
      for (const { path } of segmentsOf(file)) {
        const { records, damaged } = read(readFileSync(path))
        await Promise.all(records.map((record) => keep(record)))
        adopted += records.length
        if (damaged.length > 0) {
          onTrouble({ file: path, kept: records.length }, 'the journal of another node is damaged; what is whole was taken over, the file stays as .adopted')
          renameSync(path, `${path}.adopted`)
        } else removeFile(path)
      }
    } finally {
      letGo()
    }
  }
  return adopted
}
