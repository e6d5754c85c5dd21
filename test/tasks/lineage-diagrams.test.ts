import t from 'tap'
import { drawDot, drawMermaid } from '../../server/tasks/lineage-diagrams.ts'
import type { LineageNode } from '../../server/tasks/lineage.ts'

function node (n: number, prompt: string, more: Partial<LineageNode> = {}): LineageNode {
  return { videoId: `video_${n}`, parentId: n === 1 ? null : `video_${n - 1}`, depth: n - 1, type: n === 1 ? 'generation' : 'remix', status: 'COMPLETED', progress: 100, prompt, model: 'm', hasThumbnail: false, createdAt: new Date(), errorCode: null, deleted: false, ...more }
}

const tree = { focusId: 'video_2', topDepth: 0, nodes: [node(1, 'A cat, at "home"'), node(2, '小猫'), node(3, '', { deleted: true })] }

t.test('a flowchart for Markdown', t => {
  t.equal(drawMermaid(tree), [
    'flowchart TD',
    '  video_1["A cat#44; at #34;home#34;<br/>video_1 COMPLETED"]',
    '  video_2["小猫<br/>video_2 COMPLETED"]',
    '  video_3["deleted<br/>video_3 COMPLETED"]',
    '  video_1 -->|remix| video_2',
    '  video_2 -->|remix| video_3',
    '  classDef deleted stroke-dasharray:4',
    '  class video_3 deleted',
    '  classDef focus stroke-width:3px',
    '  class video_2 focus',
    ''
  ].join('\n'))
  t.end()
})

t.test('a digraph for Graphviz', t => {
  t.equal(drawDot(tree), [
    'digraph lineage {',
    '  node [shape=box]',
    '  "video_1" [label="A cat, at \\"home\\"\\nvideo_1 COMPLETED"]',
    '  "video_2" [label="小猫\\nvideo_2 COMPLETED", style="bold"]',
    '  "video_3" [label="deleted\\nvideo_3 COMPLETED", style="dashed"]',
    '  "video_1" -> "video_2" [label="remix"]',
    '  "video_2" -> "video_3" [label="remix"]',
    '}',
    ''
  ].join('\n'))
  t.end()
})

t.test('a part of a tree hangs on nothing; a later page on the earlier ones', t => {
  const nodes = tree.nodes.slice(1)
  t.notMatch(drawMermaid({ focusId: 'video_2', topDepth: 1, nodes }), 'video_1')
  t.notMatch(drawDot({ focusId: 'video_2', topDepth: 1, nodes }), 'video_1')
  t.match(drawDot({ focusId: 'video_1', topDepth: 0, nodes }), '"video_1" -> "video_2"')
  t.end()
})

t.test('a prompt stays within its box, whatever it says', t => {
  const hostile = [
    '"] --> evil["x', '"]\n  click video_1 href "javascript:alert(1)"', '%%{init: {"securityLevel": "loose"}}%%', '`**bold**`', '<img src=x onerror=alert(1)>', '#quot;]', 'style: a#b;', '1. a list', '- a list',
    'back\\slash', 'ends with \\', '\\"', '\\N \\G', '", URL="javascript:alert(1)', '&quot;, x=&lt;', '\u2028"]\u2029', '\0\u0007', '\u202Eright to left', 'subgraph end', '\ud83d'
  ]
  for (const [index, prompt] of hostile.entries()) {
    // By its place: some of them would break the test's own report.
    const name = `prompt ${index}`
    const drawn = { focusId: 'video_9', topDepth: 0, nodes: [node(1, prompt)] }
    const mermaid = drawMermaid(drawn).split('\n')
    t.equal(mermaid.length, 3, name)
    t.match(mermaid[1], /^ {2}video_1\["(?:[\p{L}\p{N} _]|#\d+;)*<br\/>video_1 COMPLETED"\]$/u, name)
    const dot = drawDot(drawn).split('\n')
    t.equal(dot.length, 5, name)
    t.match(dot[2], /^ {2}"video_1" \[label="(?:[^"\\&\p{C}]|\\["\\]|&amp;)*\\nvideo_1 COMPLETED"\]$/u, name)
  }
  const long = drawDot({ focusId: '', topDepth: 0, nodes: [node(1, '👩‍🚀'.repeat(20_000))] })
  t.ok(long.length < 400)
  t.end()
})
