import { presentDetails, sentence, type ErrorCode, type ErrorOptions } from '../errors.ts'
import type { Locale } from '../locales/choose-locale.ts'
import type { Change } from './change-batch.ts'
import type { BatchReceipt } from './create-batch.ts'
import type { ItemResult } from './plan-batch.ts'

export function presentBatchReceipt ({ batchId, items }: BatchReceipt, locale: Locale) {
  const refused = items.filter(item => 'code' in item).length
  return { batchId, accepted: items.length - refused, refused, items: items.map(item => presentItem(item, locale)) }
}

export function presentChange<Outcome> (change: Change<Outcome>, locale: Locale) {
  if ('outcome' in change) return change
  const { code, options } = change.error
  return { videoId: change.videoId, ...presentRefusal(code, options, locale) }
}

function presentItem (item: ItemResult, locale: Locale) {
  if (!('code' in item)) return item
  const { index, code, options } = item
  return { index, ...presentRefusal(code, options, locale), field: options.details?.[0]?.field, details: options.details && presentDetails(options.details, locale) }
}

function presentRefusal (code: ErrorCode, { params }: ErrorOptions, locale: Locale) {
  const { message, hint } = sentence(code, locale, params)
  return { code, error: message, hint }
}
