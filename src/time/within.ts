/**
 * What a promise gives within so many ms, else what `late` gives or throws. The work itself goes on: what becomes of it after that
 * is heard by nobody, a failure neither.
 */
export function within<T, L = T>(work: Promise<T>, ms: number, late: () => L): Promise<T | L> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => { resolve(Promise.resolve().then(late)) }, Math.max(0, ms)) // what `late` throws is a rejection
    work.then(resolve, reject).finally(() => { clearTimeout(timer) })
  })
}
