/** A line's room in narrow letters; a wide one takes two. */
const ROOM = 28
const LINES = 3
/** More than can be shown, and little enough to be looked through. */
const LOOKED_AT = 120
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}\u3000-\u303f\uff01-\uff60]/u

/** A text in a few short lines, parted at spaces where there are any. Control characters and halves of characters are not even allowed as references in XML. */
export function wrap (text: string): string[] {
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
