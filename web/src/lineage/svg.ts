import { layOut, NODE_HEIGHT, NODE_WIDTH, type Placed } from './layout.ts'
import type { Shown } from './tree.ts'

const MARGIN = 24
const LETTERS = 28

/** The picture as a file of its own, in colours that print. */
export function toSvg (root: Shown, path: ReadonlySet<string>): string {
  const placed = layOut(root)
  const left = Math.min(...placed.map(({ x }) => x)) - MARGIN
  const top = Math.min(...placed.map(({ y }) => y)) - MARGIN
  const width = Math.max(...placed.map(({ x }) => x)) + NODE_WIDTH + MARGIN - left
  const height = Math.max(...placed.map(({ y }) => y)) + NODE_HEIGHT + MARGIN - top
  const at = new Map(placed.map(item => [item.id, item]))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${left} ${top} ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="13">`,
    ...placed.map(item => edge(item, item.parent && at.get(item.parent.videoId), path)),
    ...placed.map(item => box(item, path)),
    '</svg>'
  ].join('\n')
}

function edge ({ id, x, y }: Placed, from: Placed | undefined, path: ReadonlySet<string>): string {
  if (!from) return ''
  const [startX, startY, endY] = [from.x + NODE_WIDTH, from.y + NODE_HEIGHT / 2, y + NODE_HEIGHT / 2]
  const middle = (startX + x) / 2
  return `<path d="M${startX} ${startY} C${middle} ${startY} ${middle} ${endY} ${x} ${endY}" fill="none" stroke="${path.has(id) ? '#5b4bd6' : '#b9b7c6'}" stroke-width="2"/>`
}

function box (item: Placed, path: ReadonlySet<string>): string {
  const text = item.kind === 'folded' ? `+ ${item.count}` : item.node.deleted ? '×' : item.node.prompt
  const frame = `<rect x="${item.x}" y="${item.y}" width="${NODE_WIDTH}" height="${NODE_HEIGHT}" rx="12" fill="#fff" stroke="${path.has(item.id) ? '#5b4bd6' : '#b9b7c6'}"/>`
  const lines = wrap(text).map((line, index) => `<text x="${item.x + 12}" y="${item.y + 26 + 20 * index}" fill="#23222e">${escape(line)}</text>`)
  return frame + lines.join('')
}

/** Control characters and halves of characters are not even allowed as references in XML. */
function wrap (text: string): string[] {
  const letters = [...text.toWellFormed().replace(/[\s\p{Cc}]+/gu, ' ')]
  return Array.from({ length: Math.min(3, Math.ceil(letters.length / LETTERS)) }, (_, index) => letters.slice(index * LETTERS, (index + 1) * LETTERS).join(''))
}

function escape (text: string): string {
  return text.replace(/[<>&"']/g, character => `&#${character.codePointAt(0)};`)
}
