import { layOut, NODE_HEIGHT, NODE_WIDTH, type Placed } from './layout.ts'
import type { LineageNode, Shown } from './tree.ts'

const MARGIN = 24
/** A line's room in narrow letters; a wide one takes two. */
const ROOM = 28
const LINES = 3
/** More than can be shown, and little enough to be looked through. */
const LOOKED_AT = 120
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}\u3000-\u303f\uff01-\uff60]/u

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

/** At spaces where there are any. Control characters and halves of characters are not even allowed as references in XML. */
function wrap (text: string): string[] {
  const lines = ['']
  for (const piece of piecesOf(text.slice(0, LOOKED_AT).toWellFormed().replace(/[\s\p{Cc}]+/gu, ' ').trim())) {
    if (widthOf(lines.at(-1)! + piece.trimEnd()) > ROOM && lines.at(-1) !== '') lines.push('')
    lines.push(lines.pop()! + piece)
  }
  const shown = lines.map(text => text.trim()).slice(0, LINES)
  return lines.length > LINES || text.length > LOOKED_AT ? [...shown.slice(0, -1), `${shorten(shown.at(-1)!, ROOM - 1)}…`] : shown
}

/** Words with the space after them; wide letters, and what has no spaces for a whole line, may part anywhere. */
function piecesOf (text: string): string[] {
  return (text.match(/\S+ ?/gu) ?? []).flatMap(word => WIDE.test(word) || widthOf(word.trimEnd()) > ROOM ? [...word] : [word])
}

function shorten (text: string, room: number): string {
  const letters = [...text]
  while (widthOf(letters.join('')) > room) letters.pop()
  return letters.join('').trimEnd()
}

function widthOf (text: string): number {
  return [...text].reduce((sum, letter) => sum + (WIDE.test(letter) ? 2 : 1), 0)
}

function escape (text: string): string {
  return text.replace(/[<>&"']/g, character => `&#${character.codePointAt(0)};`)
}
