import { freeShare, holdupOf, type Holdup, type Pauses, type UsableChannel } from './standing.ts'

/** Why a task went to its channel, as the timeline shows it. */
export interface ChoiceReason {
  channelId: string
  /**
   * `asked`: the client named it; `source`: it made the source; `kept`: it had the task before; `only`: no other can do what was asked;
   * `priority`: the highest of those that could take the task; `weight`: drawn among equals.
   */
  reason: 'asked' | 'source' | 'kept' | 'only' | 'priority' | 'weight'
  /** It has to wait there: no channel could take it at once. */
  waits?: Holdup
  /** Channels that would have come first, and why they did not. */
  passedOver?: Record<string, Holdup>
}

export interface Offer { channel: UsableChannel }

/**
 * Which of some channels takes a task: of those that can take it at once the highest priority, and among equals by chance, by weight and by
 * how much of them is free. Where none can take it at once, the highest priority, by weight. `random` is from 0 to 1.
 */
export function preferChannel<O extends Offer> (offers: readonly O[], pauses: Pauses, random = Math.random()): { offer: O, why: ChoiceReason } {
  const standing = offers.map(offer => ({ offer, holdup: holdupOf(offer.channel, pauses) }))
  const ready = standing.filter(({ holdup }) => holdup === undefined)
  const able = ready.length > 0 ? ready : standing
  const highest = Math.max(...able.map(({ offer }) => offer.channel.priority))
  const equals = able.filter(({ offer }) => offer.channel.priority === highest)
  const { offer, holdup } = draw(equals, ({ offer: { channel } }) => channel.weight * (ready.length > 0 ? freeShare(channel) : 1), random)
  const passed = ready.length > 0 ? standing.filter(({ offer, holdup }) => holdup !== undefined && offer.channel.priority >= highest) : []
  return {
    offer,
    why: {
      channelId: offer.channel.id,
      reason: offers.length === 1 ? 'only' : equals.length === 1 ? 'priority' : 'weight',
      ...holdup && { waits: holdup },
      ...passed.length > 0 && { passedOver: Object.fromEntries(passed.map(({ offer, holdup }) => [offer.channel.id, holdup!])) }
    }
  }
}

function draw<Item> (items: readonly Item[], weightOf: (item: Item) => number, random: number): Item {
  const total = items.reduce((sum, item) => sum + weightOf(item), 0)
  let left = random * total
  return items.find(item => (left -= weightOf(item)) < 0) ?? items.at(-1)!
}
