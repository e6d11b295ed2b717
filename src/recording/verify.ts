import { hashOf, recordingFiles } from './files.js'
import type { RecordingStore } from './ports.js'

export interface RecordingFault { readonly id: string; readonly callId: string; readonly fault: 'missing' | 'size' | 'content' }
export interface RecordingReport { readonly count: number; readonly faults: readonly RecordingFault[] }

/** Read from the index at once. */
const BATCH = 500

/** Holds every file of this node against the index; changes neither. */
export async function verifyRecordings(store: Pick<RecordingStore, 'index'>, directory: string, node: string): Promise<RecordingReport> {
  const files = recordingFiles(directory)
  const faults: RecordingFault[] = []
  let count = 0
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const rows = await store.index(node, after, BATCH)
    for (const { id, callId, bytes, sha256 } of rows) {
      count += 1
      const file = await files.where(id)
      const fault = file === null ? 'missing' : file.bytes !== bytes ? 'size' : (await hashOf(file.path)).toString('hex') !== sha256 ? 'content' : null
      if (fault !== null) faults.push({ id, callId, fault })
    }
    const last = rows.at(-1)
    if (last === undefined) return { count, faults }
    after = last.id
  }
}
