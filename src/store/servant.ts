import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Whom PostgreSQL runs as. */
export interface Servant { readonly uid: number; readonly gid: number }

/** How one of PostgreSQL's programs is started: in front of its own arguments, and as whom. */
export interface Start {
  readonly command: (file: string, args: readonly string[]) => [string, string[]]
  /** `cwd`: PostgreSQL returns to the directory that it was started in, so its user must be able to enter that. */
  readonly options: { readonly uid?: number; readonly gid?: number; readonly cwd: string }
}

/** PostgreSQL refuses to run as root: then it runs as `postgres`, or as `nobody`, and owns its directory. */
export function servant(): Servant | null {
  if (process.getuid?.() !== 0) return null
  const passwd = readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':'))
  const user = passwd.find(([name]) => name === 'postgres') ?? passwd.find(([name]) => name === 'nobody')
  return { uid: Number(user?.[2] ?? 65534), gid: Number(user?.[3] ?? 65534) }
}

/** The first directory above one of these paths that lets this user not pass. */
function barred(paths: readonly string[], { uid }: Servant): string | null {
  for (const path of paths) {
    for (let at = dirname(resolve(path)); at !== dirname(at); at = dirname(at)) {
      const { mode, uid: owner } = statSync(at)
      if ((mode & 0o001) === 0 && owner !== uid) return at
    }
  }
  return null
}

/**
 * How PostgreSQL is started where it must reach these paths. Below a directory that only root can pass (`/root`: the most common
 * place of a clone on a rented server) it is given the one capability to pass directories, by `setpriv` of util-linux; nowhere else.
 * @param setpriv its name, for tests.
 * @throws naming the directory and the remedy, when there is no setpriv or no such capability (a container that was given few).
 */
export function startAs(as: Servant | null, paths: readonly string[], setpriv = 'setpriv'): Start {
  if (as === null) return { command: (file, args) => [file, [...args]], options: { cwd: '/' } }
  const at = barred(paths, as)
  if (at === null) return { command: (file, args) => [file, [...args]], options: { ...as, cwd: '/' } }
  // initdb asks access(2) for its own binary, which forgets capabilities unless no_setuid_fixup is set.
  const pass = ['--reuid', String(as.uid), '--regid', String(as.gid), '--clear-groups', '--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search', '--securebits=+no_setuid_fixup', '--']
  if (paths.every((path) => spawnSync(setpriv, [...pass, 'test', '-x', path], { stdio: 'ignore' }).status === 0)) {
    return { command: (file, args) => [setpriv, [...pass, file, ...args]], options: { cwd: '/' } }
  }
  throw new Error(`PostgreSQL 不能以 root 运行，而 ${at} 不允许其他用户进入。请安装 util-linux（setpriv），或 chmod o+x ${at}，或把 LIANDONG_HOME 设到别处 / PostgreSQL cannot run as root and ${at} lets no other user pass: install util-linux (setpriv), or chmod o+x ${at}, or set LIANDONG_HOME to another place`)
}
