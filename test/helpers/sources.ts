/** For `--import`: a file of ours in a process of its own is read as `npm start` reads it. */
export const SOURCES = new URL('../../bin/sources.js', import.meta.url).href
