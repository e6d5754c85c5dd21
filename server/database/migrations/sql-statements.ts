export interface Statement {
  text: string
  /** Line in its file, from 1. */
  line: number
}

/** What may hide a semicolon is one token; block comments nest and are measured by hand. */
const TOKEN = new RegExp([
  '(?<space>\\s+|--[^\\n]*)',
  '(?<comment>/\\*)',
  "[eE]'[^'\\\\]*(?:(?:\\\\[^]|'')[^'\\\\]*)*'",
  "'[^']*(?:''[^']*)*'",
  '"[^"]*(?:""[^"]*)*"',
  '\\$(?<tag>[\\p{L}_][\\p{L}\\p{N}_]*)?\\$[^]*?\\$\\k<tag>\\$',
  '(?<word>[\\p{L}_][\\p{L}\\p{N}_$]*)',
  '[^]'
].join('|'), 'uy')

const COMMENT_EDGE = /\/\*|\*\//g

/** Splits a file as psql does, comments between statements left out. */
export function splitStatements (sql: string): Statement[] {
  const statements: Statement[] = []
  let position = 0
  while (position < sql.length) {
    const { start, end, next } = readStatement(sql, position)
    if (start < end) statements.push({ text: sql.slice(start, end), line: lineAt(sql, start) })
    position = next
  }
  return statements
}

export function lineAt (text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

function readStatement (sql: string, from: number): { start: number, end: number, next: number } {
  const nesting = createNesting()
  let [start, end, position] = [-1, -1, from]
  while (position < sql.length) {
    const { kind, text } = readToken(sql, position)
    if (text === ';' && nesting.isOutside()) return { start, end, next: position + 1 }
    position += text.length
    if (kind === 'blank') continue
    if (start < 0) start = position - text.length
    end = position
    nesting.see(text, kind === 'word')
  }
  return { start, end, next: position }
}

function readToken (sql: string, position: number): { kind: 'blank' | 'word' | 'other', text: string } {
  TOKEN.lastIndex = position
  const { 0: text, groups } = TOKEN.exec(sql)!
  if (groups!.comment) return { kind: 'blank', text: sql.slice(position, endOfComment(sql, position)) }
  if (groups!.space) return { kind: 'blank', text }
  return { kind: groups!.word ? 'word' : 'other', text }
}

function endOfComment (sql: string, position: number): number {
  let depth = 0
  COMMENT_EDGE.lastIndex = position
  for (let edge; (edge = COMMENT_EDGE.exec(sql));) {
    depth += edge[0] === '/*' ? 1 : -1
    if (depth === 0) return COMMENT_EDGE.lastIndex
  }
  return sql.length
}

/** Semicolons inside parentheses (rules) and inside `begin atomic … end` (function bodies in plain SQL) end nothing. */
function createNesting () {
  let head = ''
  let [parentheses, blocks] = [0, 0]

  const seeWord = (word: string) => {
    if (head.length < 60) head += `${word} `
    if (parentheses > 0 || !/^create (or replace )?(function|procedure) /.test(head)) return
    if (word === 'begin' || (word === 'case' && blocks > 0)) blocks++
    if (word === 'end' && blocks > 0) blocks--
  }
  return {
    isOutside: () => parentheses === 0 && blocks === 0,
    see: (text: string, isWord: boolean) => {
      if (isWord) seeWord(text.toLowerCase())
      if (text === '(') parentheses++
      if (text === ')' && parentheses > 0) parentheses--
    }
  }
}
