/** Told of what was refused, by us or by FreeSWITCH, and of which citizen's call it was about; null: about none. */
export type OnRefused = (text: string, callId: string | null) => void
