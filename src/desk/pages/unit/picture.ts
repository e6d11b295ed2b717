/** Longest sides, pixels: large enough to read a sign, small enough for a telephone's uplink. */
const FULL = 2_048
const SMALL = 320

export interface Prepared { readonly picture: string; readonly thumbnail: string }

/** A picture drawn anew with the right side up: what the camera wrote beside it stays behind, before it leaves the telephone. @throws when it cannot be drawn */
export async function prepare(file: Blob): Promise<Prepared> {
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' })
  try {
    return { picture: draw(bitmap, FULL, 0.86), thumbnail: draw(bitmap, SMALL, 0.72) }
  } finally {
    bitmap.close()
  }
}

function draw(bitmap: ImageBitmap, longest: number, quality: number): string {
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(bitmap.width * scale))
  canvas.height = Math.max(1, Math.round(bitmap.height * scale))
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('no canvas')
  // A transparent picture is not black.
  context.fillStyle = '#fff'
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  return canvas.toDataURL('image/jpeg', quality).split(',')[1] ?? ''
}
