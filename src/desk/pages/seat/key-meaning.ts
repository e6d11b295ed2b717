/** Nobody has been asked anything so soon after the answer: such a key was meant for the menu that the answer cut off, ms. */
const MENU = 3_000

/** What a key that was pressed in a talk says: who cannot speak presses 1 as yes and 2 as no. Null: nothing but itself. */
export const keyMeaning = (key: string, at: number, answeredAt: number | undefined): 'menuKey' | 'yes' | 'no' | null =>
  (answeredAt !== undefined && at - answeredAt < MENU ? 'menuKey' : key === '1' ? 'yes' : key === '2' ? 'no' : null)
