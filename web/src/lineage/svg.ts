import { layOut, NODE_HEIGHT, NODE_WIDTH, type Placed } from './layout.ts'
import type { LineageNode, Shown } from './tree.ts'
import { wrap } from './wrap-text.ts'

const MARGIN = 24

type StatusWords = Record<LineageNode['status'], string>

/** The picture as a file of its own, in colours that print. */
export function toSvg (root: Shown, path: ReadonlySet<string>, statuses: StatusWords): string {
  const placed = layOut(root)
  const left = Math.min(...placed.map(({ x }) => x)) - MARGIN
  const top = Math.min(...placed.map(({ y }) => y)) - MARGIN
  const width = Math.max(...placed.map(({ x }) => x)) + NODE_WIDTH + MARGIN - left
  const height = Math.max(...placed.map(({ y }) => y)) + NODE_HEIGHT + MARGIN - top
  const at = new Map(placed.map(item => [item.id, item]))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${left} ${top} ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="13">`,
    ...placed.map(item => edge(item, item.parent && at.get(item.parent.videoId), path)),
    ...placed.map(item => box(item, path, statuses)),
    '</svg>'
  ].join('\n')
}

function edge ({ id, x, y }: Placed, from: Placed | undefined, path: ReadonlySet<string>): string {
  if (!from) return ''
  const [startX, startY, endY] = [from.x + NODE_WIDTH, from.y + NODE_HEIGHT / 2, y + NODE_HEIGHT / 2]
  const middle = (startX + x) / 2
  return `<path d="M${startX} ${startY} C${middle} ${startY} ${middle} ${endY} ${x} ${endY}" fill="none" stroke="${path.has(id) ? '#5b4bd6' : '#b9b7c6'}" stroke-width="2"/>`
}

function box (item: Placed, path: ReadonlySet<string>, statuses: StatusWords): string {
  const frame = `<rect x="${item.x}" y="${item.y}" width="${NODE_WIDTH}" height="${NODE_HEIGHT}" rx="12" fill="#fff" stroke="${path.has(item.id) ? '#5b4bd6' : '#b9b7c6'}"/>`
  if (item.kind === 'folded') return frame + line(item, 0, `+ ${item.count}`)
  if (item.node.deleted) return frame + line(item, 0, '×')
  return [frame, line(item, 0, statuses[item.node.status], '#6b6980'), ...wrap(item.node.prompt).map((text, index) => line(item, index + 1, text))].join('')
}

function line ({ x, y }: Placed, index: number, text: string, colour = '#23222e'): string {
  return `<text x="${x + 12}" y="${y + 24 + 19 * index}" fill="${colour}">${escape(text)}</text>`
}

function escape (text: string): string {
  return text.replace(/[<>&"']/g, character => `&#${character.codePointAt(0)};`)
}
