import type { Task } from '../api/client.ts'
import { useText } from '../i18n/text.tsx'
import { classes } from '../ui/classes.ts'

const LOOKS: Record<Task['status'], string> = {
  QUEUED: 'bg-raised text-dim',
  PROCESSING: 'bg-accent-soft text-accent',
  COMPLETED: 'bg-ok-soft text-ok',
  FAILED: 'bg-bad-soft text-bad',
  CANCELLED: 'bg-raised text-dim'
}

export function StatusBadge ({ status }: Pick<Task, 'status'>) {
  const text = useText()
  return <span className={classes('inline-flex h-6 items-center rounded-full px-2 text-xs font-medium', LOOKS[status])}>{text.status[status]}</span>
}
