import type { RecordableHistogram } from 'node:perf_hooks'
import type { Channel } from '../database/tables.ts'
import type { BreakerState } from './breakers.ts'
import { isEnvChannel } from './change-channel.ts'
import type { ChannelHealth } from './channel-health.ts'
import type { ListedChannel } from './channel-repository.ts'
import { settingsOf } from './channel-settings.ts'

/** A channel as administrators see it. Secrets are not in it: only whether there are any. */
export function presentChannel (channel: ListedChannel) {
  const settings = settingsOf(channel)
  return {
    id: channel.id,
    name: channel.name,
    type: channel.type,
    source: sourceOf(channel),
    enabled: channel.disabled_at === null,
    baseUrl: channel.base_url,
    hasApiKey: channel.key_set_at !== null,
    apiKeySetAt: channel.key_set_at,
    hasWebhookSecret: channel.webhook_secret !== null,
    models: channel.models,
    modelAliases: settings.modelAliases ?? {},
    dialect: settings.dialect ?? null,
    priority: channel.priority,
    weight: channel.weight,
    concurrency: settings.concurrency ?? null,
    requestsPerMinute: settings.requestsPerMinute ?? null,
    pollConcurrency: settings.pollConcurrency ?? null,
    pollsPerSecond: settings.pollsPerSecond ?? null,
    prices: settings.prices ?? {},
    createdAt: channel.created_at,
    updatedAt: channel.updated_at
  }
}

/** What only the process that is asked knows. */
export interface OwnFigures {
  breaker: BreakerState | undefined
  polls: { byState: Record<string, number>, tookMs: Pick<RecordableHistogram, 'count' | 'percentile'> } | undefined
}

export function presentHealth (minutes: number, health: ChannelHealth, { breaker = 'closed', polls }: OwnFigures) {
  const { submitted, accepted, refused, unsent, unknown, completed, failed, queued, submitting, running, failingPolls } = health
  const took = polls && polls.tookMs.count > 0 ? polls.tookMs : undefined
  return {
    minutes,
    successRate: completed + failed === 0 ? null : completed / (completed + failed),
    submissions: { sent: submitted, accepted, refused, unsent, unknown },
    results: { completed, failed },
    latencyMs: {
      accept: { p50: rounded(health.acceptP50), p95: rounded(health.acceptP95) },
      complete: { p50: rounded(health.completeP50), p95: rounded(health.completeP95) }
    },
    tasks: { queued, submitting, running, failingPolls },
    rateLimitedUntil: health.rateLimitedUntil,
    refusedUntil: health.refusedUntil,
    lastError: health.lastError,
    thisProcess: {
      breaker,
      polls: polls?.byState ?? {},
      pollLatencyMs: { p50: took?.percentile(50) ?? null, p95: took?.percentile(95) ?? null }
    }
  }
}

function rounded (ms: number | null): number | null {
  return ms === null ? null : Math.round(Number(ms))
}

function sourceOf (channel: Channel): 'api' | 'env' | 'builtin' {
  if (channel.builtin) return 'builtin'
  return isEnvChannel(channel) ? 'env' : 'api'
}
