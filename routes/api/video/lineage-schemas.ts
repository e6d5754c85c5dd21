import { Type } from 'typebox'
import { MAX_NODES } from '../../../server/tasks/lineage.ts'
import { TASK_STATUSES, TASK_TYPES } from '../../../server/tasks/statuses.ts'
import { Instant } from '../envelope.ts'

export const LineageParameters = Type.Object({
  direction: Type.Optional(Type.Enum(['ancestors', 'descendants'], { description: 'Only what is above the video, or below it, itself included; without, the whole tree' })),
  depth: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'How many steps from the video; without direction from the root' })),
  format: Type.Optional(Type.Enum(['mermaid', 'dot'], { description: 'A diagram as text, for documents' })),
  limit: Type.Integer({ minimum: 1, maximum: MAX_NODES, default: MAX_NODES }),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 600 }))
}, { additionalProperties: false })

const NodeSchema = Type.Object({
  videoId: Type.String(),
  parentId: Type.Union([Type.String(), Type.Null()]),
  depth: Type.Integer({ description: 'Steps from the root' }),
  type: Type.Enum([...TASK_TYPES]),
  status: Type.Enum([...TASK_STATUSES]),
  progress: Type.Integer(),
  prompt: Type.String(),
  model: Type.String(),
  thumbnailUrl: Type.Union([Type.String(), Type.Null()]),
  createdAt: Instant,
  errorCode: Type.Union([Type.String(), Type.Null()]),
  deleted: Type.Boolean({ description: 'A tombstone: the task is gone, its place in the tree stays' })
}, { title: 'LineageNode' })

export const LineageSchema = Type.Object({
  rootId: Type.String({ description: 'The topmost ancestor, also when only a part of its tree was asked for' }),
  focusId: Type.String(),
  nodes: Type.Array(NodeSchema),
  nextCursor: Type.Union([Type.String(), Type.Null()])
}, { title: 'Lineage' })

export const DiagramSchema = Type.String({ description: 'Mermaid or DOT' })
