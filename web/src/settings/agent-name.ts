/** Each pretends to be those after it. */
const BROWSERS = [['Edg', 'Edge'], ['OPR', 'Opera'], ['Firefox', 'Firefox'], ['HeadlessChrome', 'Chrome'], ['Chrome', 'Chrome'], ['CriOS', 'Chrome'], ['Safari', 'Safari']] as const
const SYSTEMS = [['Android', 'Android'], ['iPhone', 'iPhone'], ['iPad', 'iPad'], ['Windows', 'Windows'], ['Mac OS X', 'macOS'], ['Linux', 'Linux']] as const

/** "Firefox · Windows"; what is no browser, as it calls itself. */
export function agentName (userAgent: string): string {
  const browser = BROWSERS.find(([word]) => userAgent.includes(`${word}/`))?.[1]
  const system = SYSTEMS.find(([word]) => userAgent.includes(word))?.[1]
  return browser && system ? `${browser} · ${system}` : userAgent
}
