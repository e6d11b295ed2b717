import { useCallback, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type PointerEvent, type RefObject } from 'react'

const STEP = 1.25
const [SMALLEST, LARGEST] = [0.2, 2.5]
/** At first it fills the width, but is no smaller than can be read: then it scrolls. Filled or whole it is hardly larger than life. */
const [LEGIBLE, MOST] = [0.9, 1.15]

type Wish = number | 'legible' | 'width' | 'whole'

interface Point { readonly x: number; readonly y: number }

/** Zoom and pan of a drawing in a box that scrolls: buttons, keys (+ − 0), Ctrl and wheel at the pointer, dragging. `width`, `height`: of the drawing at life size; `middle`: what is in the middle of the box at first, from the left. */
export function useZoom(frame: RefObject<HTMLDivElement | null>, width: number, height: number, middle: number) {
  const [room, setRoom] = useState({ width: 0, height: 0 })
  const [wish, setWish] = useState<Wish>('legible')
  const ready = width > 0 && room.width > 0
  const wide = Math.min(MOST, room.width / width)
  const zoom = !ready ? 1 : clamp(typeof wish === 'number' ? wish : { legible: Math.max(LEGIBLE, wide), width: wide, whole: Math.min(wide, room.height / height) }[wish])
  const now = useRef(zoom)
  now.current = zoom

  useLayoutEffect(() => {
    const element = frame.current
    if (element === null) return
    const watch = new ResizeObserver(([entry]) => setRoom({ width: entry?.contentRect.width ?? 0, height: entry?.contentRect.height ?? 0 }))
    watch.observe(element)
    return () => watch.disconnect()
  }, [frame])

  /** What has to stay where it is: a place of the drawing at life size, and where in the box it lies. */
  const held = useRef<{ readonly place: Point; readonly at: Point } | null>(null)
  const zoomTo = useCallback((next: Wish, at?: Point): void => {
    const element = frame.current
    if (element !== null) {
      const point = at ?? { x: element.clientWidth / 2, y: element.clientHeight / 2 }
      held.current = { at: point, place: { x: (element.scrollLeft + point.x) / now.current, y: (element.scrollTop + point.y) / now.current } }
    }
    setWish(typeof next === 'number' ? clamp(next) : next)
  }, [frame])
  useLayoutEffect(() => {
    const [element, hold] = [frame.current, held.current]
    held.current = null
    if (element === null || !ready) return
    if (hold !== null) element.scrollTo({ left: hold.place.x * zoom - hold.at.x, top: hold.place.y * zoom - hold.at.y })
    else element.scrollTo({ left: middle * zoom - element.clientWidth / 2 })
  }, [frame, ready, middle, zoom])

  // React listens to the wheel so that nothing can hold the page's own zoom back.
  useEffect(() => {
    const element = frame.current
    if (element === null) return
    const turn = (event: WheelEvent): void => {
      if (!event.ctrlKey && !event.metaKey) return
      event.preventDefault()
      const box = element.getBoundingClientRect()
      zoomTo(now.current * Math.exp(-event.deltaY / 400), { x: event.clientX - box.left, y: event.clientY - box.top })
    }
    element.addEventListener('wheel', turn, { passive: false })
    return () => element.removeEventListener('wheel', turn)
  }, [frame, zoomTo])

  const grip = useRef<Point | null>(null)
  const letGo = (): void => { grip.current = null }
  return {
    zoom,
    larger: () => zoomTo(now.current * STEP),
    smaller: () => zoomTo(now.current / STEP),
    fitWidth: () => zoomTo('width'),
    fitWhole: () => zoomTo('whole'),
    handlers: {
      onPointerDown(event: PointerEvent<HTMLDivElement>): void {
        if (event.button !== 0 || event.pointerType === 'touch') return
        grip.current = { x: event.clientX, y: event.clientY }
        event.currentTarget.setPointerCapture(event.pointerId)
      },
      onPointerMove(event: PointerEvent<HTMLDivElement>): void {
        const from = grip.current
        if (from === null) return
        event.currentTarget.scrollBy(from.x - event.clientX, from.y - event.clientY)
        grip.current = { x: event.clientX, y: event.clientY }
      },
      onPointerUp: letGo,
      onPointerCancel: letGo,
      onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
        if (event.ctrlKey || event.altKey || event.metaKey) return
        if (event.key === '+' || event.key === '=') zoomTo(now.current * STEP)
        else if (event.key === '-') zoomTo(now.current / STEP)
        else if (event.key === '0') zoomTo('width')
      },
    },
  }
}

const clamp = (zoom: number): number => Math.min(LARGEST, Math.max(SMALLEST, zoom))
