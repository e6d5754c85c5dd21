/** Sizes as providers name them that know ratios and resolutions. */

export const LANDSCAPE_AND_PORTRAIT = ['1280x720', '720x1280', '1920x1080', '1080x1920']

export interface Shape { aspectRatio?: string, resolution?: string }

/** What `size` (`WxH`) is called, or the ratio alone. Of the ratios it is the nearest: 1112x834 is what a provider makes of 4:3. */
export function shapeOf ({ size, aspectRatio }: { size?: string, aspectRatio?: string }, ratios: readonly string[]): Shape {
  const [width, height] = size?.split('x').map(Number) ?? []
  if (!width || !height) return { aspectRatio }
  const away = (ratio: string) => Math.abs(Math.log(width / height / valueOf(ratio)))
  return {
    aspectRatio: aspectRatio ?? ratios.toSorted((a, b) => away(a) - away(b))[0],
    resolution: resolutionOf(Math.min(width, height))
  }
}

function resolutionOf (lines: number): string {
  return lines >= 2160 ? '4k' : `${lines}p`
}

function valueOf (ratio: string): number {
  const [width = 1, height = 1] = ratio.split(':').map(Number)
  return width / height
}
