import closeWithGrace from 'close-with-grace'

/** A stop in order may take so long, ms: who starts us (compose, systemd) waits longer before he kills. */
export const STOP = 20_000

/**
 * Runs until SIGTERM or SIGINT, then stops in order. A second signal, or `STOP`, ends it at once.
 * An exception that nobody caught leaves a state nobody knows: the process ends at once, so that it renews no switch and promises nothing more;
 * FreeSWITCH takes its callers, and its supervisor starts a clean one.
 * @returns the exit code.
 */
export function closeWith(stop: () => Promise<void>, logger: { info(fields: object, text: string): void; fatal(fields: object, text: string): void }): Promise<number> {
  return new Promise((resolve) => {
    closeWithGrace({ delay: STOP }, async ({ err, signal }) => {
      if (err !== undefined) {
        logger.fatal({ err }, 'uncaught: ending')
        resolve(1)
        return
      }
      logger.info({ signal }, 'stopping')
      await stop()
      resolve(0)
    })
  })
}
