import { receiptMessage } from '../errors.ts'
import type { Task } from '../database/tables.ts'
import type { Locale } from '../locales/choose-locale.ts'

export type ReceiptKind = 'created' | 'remixed' | 'retried' | 'resumed'

/** The answer to a submission, without the language: this is what a repeated request gets again. */
export interface Receipt {
  kind: ReceiptKind
  videoId: string
  externalTaskId: string | null
  status: 'processing' | 'queued'
  remixedFrom: string | null
}

export function receiptOf (kind: ReceiptKind, task: Pick<Task, 'id' | 'status' | 'external_task_id' | 'remix_from'>): Receipt {
  return {
    kind,
    videoId: task.id,
    externalTaskId: task.external_task_id,
    // Only an id of the upstream's shows that it has the task.
    status: task.external_task_id === null ? 'queued' : 'processing',
    remixedFrom: task.remix_from
  }
}

/** The receipts as the documented clients of the owner's report read them: status in lower case, `remixed_from` for a remix. */
export function presentReceipt (receipt: Receipt, locale: Locale) {
  return { ...commonFields(receipt, locale), progress: 0 }
}

export function presentRemixReceipt (receipt: Receipt, locale: Locale) {
  return { ...commonFields(receipt, locale), remixed_from: receipt.remixedFrom ?? '' }
}

function commonFields ({ kind, videoId, externalTaskId, status }: Receipt, locale: Locale) {
  return { videoId, externalTaskId, status, message: receiptMessage(kind, locale) }
}
