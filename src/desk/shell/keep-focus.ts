import type { MouseEvent } from 'react'

/** A button pressed by mouse leaves the focus where it was: what is typed next belongs to the ticket, and a space must press nothing. */
export const keepFocus = (event: MouseEvent): void => event.preventDefault()
