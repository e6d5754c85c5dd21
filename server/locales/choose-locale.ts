/** The languages that Reelay speaks. */
export type Locale = 'en' | 'zh-CN'

/** The language of ours that an Accept-Language header likes best. Every Chinese is answered in zh-CN. */
export function chooseLocale (header: string | undefined, fallback: Locale): Locale {
  if (!header) return fallback
  const [best] = header.split(',', 20).map(readRange).filter(range => range.locale && range.quality > 0).sort((a, b) => b.quality - a.quality)
  return best?.locale ?? fallback
}

function readRange (text: string): { locale: Locale | undefined, quality: number } {
  const [tag, ...parameters] = text.split(';').map(part => part.trim().toLowerCase())
  const weight = parameters.find(parameter => parameter.startsWith('q='))
  return { locale: ours(tag.split('-')[0]), quality: weight ? Number(weight.slice(2)) || 0 : 1 }
}

function ours (language: string): Locale | undefined {
  if (language === 'zh') return 'zh-CN'
  if (language === 'en') return 'en'
}
