import { readFileSync, readdirSync } from 'node:fs'

/** /proc/<pid>/stat, the fields after the name: it may hold spaces and brackets (proc_pid_stat(5)). Null: there is no such process. */
function statOf(pid: number): { readonly name: string; readonly fields: readonly string[] } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const end = text.lastIndexOf(')')
    return { name: text.slice(text.indexOf('(') + 1, end), fields: text.slice(end + 2).split(' ') }
  } catch {
    return null
  }
}

/** This process and all that come from it, the eldest first. Only itself where there is no /proc. */
export function processTree(root: number): readonly number[] {
  const children = new Map<number, number[]>()
  try {
    for (const name of readdirSync('/proc')) {
      const stat = /^\d+$/.test(name) ? statOf(Number(name)) : null
      if (stat === null || stat.fields[0] === 'Z') continue
      const parent = Number(stat.fields[1])
      children.set(parent, [...children.get(parent) ?? [], Number(name)])
    }
  } catch { /* no /proc here */ }
  const tree = [root]
  for (const pid of tree) tree.push(...children.get(pid) ?? [])
  return tree
}

export const nameOf = (pid: number): string | null => statOf(pid)?.name ?? null

/** Linux counts CPU time in hundredths of a second, whatever the kernel's own clock is (USER_HZ). */
const TICK = 10

/** CPU time of this process, of those that come from it, and of the children that they have outlived: user and system, ms. */
export function cpuOf(root: number): number {
  let ticks = 0
  for (const pid of processTree(root)) for (const field of statOf(pid)?.fields.slice(11, 15) ?? []) ticks += Number(field)
  return ticks * TICK
}
