import type { Channel } from '../database/tables.ts'

/** What one video, or one second of it, costs: for people to read, nothing is billed by it. */
export interface Price { amount: number, currency: string, per: 'video' | 'second' }

/** The part of `channels.settings` that has names of its own in the API. Absent: the adapter's, or no limit of ours. */
export interface ChannelSettings {
  dialect?: string
  modelAliases?: Record<string, string>
  concurrency?: number
  requestsPerMinute?: number
  pollConcurrency?: number
  pollsPerSecond?: number
  prices?: Record<string, Price>
}

export const SETTING_NAMES = ['dialect', 'modelAliases', 'concurrency', 'requestsPerMinute', 'pollConcurrency', 'pollsPerSecond', 'prices'] as const satisfies ReadonlyArray<keyof ChannelSettings>

/** What the API may ask for; null takes a setting away. */
export type SettingChanges = { [Name in keyof ChannelSettings]?: ChannelSettings[Name] | null }

export function settingsOf ({ settings }: Pick<Channel, 'settings'>): ChannelSettings {
  return settings as ChannelSettings
}

/** The settings after the changes. What has no name here, such as `cancel`, stays as it is. */
export function changeSettings (settings: Channel['settings'], changes: SettingChanges): Channel['settings'] {
  const given = SETTING_NAMES.flatMap(name => changes[name] === undefined ? [] : [[name, changes[name]] as const])
  const changed = { ...settings, ...Object.fromEntries(given) }
  return Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== null))
}
