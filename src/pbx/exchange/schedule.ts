/**
 * switch_scheduler.c: every task of a group stands by itself and fires, unless the group is deleted before. So a second `sched_transfer`
 * does not replace the first, and whoever forgets `sched_del` loses a call here as he would on FreeSWITCH.
 */
export interface Schedule {
  at(group: string, ms: number, act: () => void): void
  /** How many tasks it deleted. */
  delete(group: string): number
  readonly size: number
  close(): void
}

/** An empty schedule; times are ms of the real clock. */
export function makeSchedule(): Schedule {
  const groups = new Map<string, Set<NodeJS.Timeout>>()
  return {
    at(group, ms, act) {
      const tasks = groups.get(group) ?? new Set()
      groups.set(group, tasks)
      const timer = setTimeout(() => {
        tasks.delete(timer)
        if (tasks.size === 0 && groups.get(group) === tasks) groups.delete(group)
        act()
      }, ms)
      tasks.add(timer)
    },
    delete(group) {
      const tasks = groups.get(group) ?? []
      groups.delete(group)
      let count = 0
      for (const timer of tasks) { clearTimeout(timer); count += 1 }
      return count
    },
    get size() { return [...groups.values()].reduce((sum, { size }) => sum + size, 0) },
    close() { for (const tasks of groups.values()) for (const timer of tasks) clearTimeout(timer); groups.clear() },
  }
}
