import { sql, type RawBuilder } from 'kysely'

/**
 * The channels that lead, or led, to the same address as this one, itself included. What the provider lists of an account may
 * have been made by way of any of them.
 */
export function channelsOfProvider (channelId: string): RawBuilder<string> {
  return sql<string>`(
    select ${channelId}::text
    union
    select other.channel_id
    from channel_credentials mine
    join channel_credentials other on other.base_url = mine.base_url
    where mine.channel_id = ${channelId}
  )`
}
