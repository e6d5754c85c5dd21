import t from 'tap'
import { readFailure, retryAfterMs } from '../../server/upstreams/failures.ts'

const KEY = 'sk-very-secret/key'
const read = (body: unknown, status?: number) => readFailure(body, { apiKey: KEY, status })

t.test('the message is found in every shape providers send', async t => {
  const shapes: [unknown, string, string?][] = [
    ['file upload failed', 'file upload failed'],
    [{ error: 'file upload failed' }, 'file upload failed'],
    [{ error: { message: 'bad size', code: 'invalid_size', type: 'invalid_request_error' } }, 'bad size', 'invalid_size'],
    [{ error: { message: 'bad size', code: null, type: 'invalid_request_error' } }, 'bad size', 'invalid_request_error'],
    [{ error: { code: 1026, message: 'no' } }, 'no', '1026'],
    [{ error: { detail: 'Generation failed' } }, 'Generation failed'],
    [{ detail: 'Not Found' }, 'Not Found'],
    [{ detail: [{ loc: ['body', 'prompt'], msg: 'field required', type: 'missing' }, { msg: 'too long' }] }, 'field required; too long', 'missing'],
    [{ code: 'InvalidParameter', message: 'flat' }, 'flat', 'InvalidParameter'],
    [{ code: 'outer', error: 'a string' }, 'a string', 'outer'],
    [{ success: false, error: true, message: 'said elsewhere' }, 'said elsewhere'],
    [{ error: { message: '{"error":{"message":"inner word","code":"inner_code"}}' } }, 'inner word', 'inner_code'],
    [{ error: { message: '{"detail":"deep"}', code: 'outer_code' } }, 'deep', 'outer_code'],
    [{ error: { message: '{not json' } }, '{not json'],
    [{ error: null, fail_reason: 'no GPU' }, 'no GPU'],
    ['<html><head><title>502 Bad Gateway</title><style>p{}</style></head><body><h1>Sorry</h1></body></html>', '502 Bad Gateway Sorry'],
    [{}, 'the upstream gave no reason'],
    [null, 'the upstream gave no reason'],
    [{ error: { error: { error: { error: { error: { error: { error: 'too deep' } } } } } } }, 'the upstream gave no reason']
  ]
  for (const [body, message, code] of shapes) t.match(read(body), { message, code }, JSON.stringify(body))
  t.equal(read('', 503).message, 'the upstream answered HTTP 503')
})

t.test('the text is safe to show', async t => {
  t.equal(read(`Incorrect API key provided: ${KEY}. See ${encodeURIComponent(KEY)}`).message, 'Incorrect API key provided: [redacted]. See [redacted]')
  t.notMatch(JSON.stringify(read({ error: { code: KEY, message: `${'x'.repeat(490)}${KEY}` } })), /sk-very/)
  t.equal(read('a\u0000b\r\n\tc\u001b[31md\u202ee\u2028f').message, 'a b c [31md e f')
  t.equal(read('x <script>alert(1)</script> <img src=x onerror=alert(1)> 1 < 2 > 0').message, 'x 1 < 2 > 0')
  t.equal(read('好'.repeat(2000)).message.length, 500)
  t.equal(read(`${'x'.repeat(499)}😀`).message, 'x'.repeat(499))
  t.equal(read({ error: { code: 'c'.repeat(1000), message: 'm' } }).code!.length, 100)
})

t.test('the class comes from the words first, then from the status', async t => {
  const cases: [unknown, number | undefined, string][] = [
    [{ error: { code: 'moderation_blocked', message: 'no' } }, 400, 'moderation'],
    [{ error: { code: 'sentinel_block', message: 'no' } }, 400, 'moderation'],
    [{ error: { code: 'content_policy_violation' } }, 403, 'moderation'],
    [{ error: 'Your prompt was flagged by our moderation system' }, undefined, 'moderation'],
    [{ error: '内容审核未通过' }, undefined, 'moderation'],
    [{ error: { code: 'insufficient_quota', message: 'You exceeded your current quota' } }, 429, 'quota'],
    [{ error: { code: 'insufficient_user_quota', message: '用户额度不足' } }, 403, 'quota'],
    [{ error: { code: 'billing_hard_limit_reached' } }, 400, 'quota'],
    ['', 402, 'quota'],
    ['', 429, 'rate_limit'],
    [{ error: { message: 'Rate limit reached' } }, undefined, 'rate_limit'],
    ['', 401, 'auth'],
    ['', 403, 'auth'],
    [{ error: { message: 'Incorrect API key provided' } }, 400, 'auth'],
    ['', 400, 'invalid_input'],
    ['', 422, 'invalid_input'],
    ['', 500, 'unavailable'],
    ['', 302, 'unavailable'],
    ['', 408, 'unavailable'],
    [{ error: 'something broke' }, undefined, 'unknown']
  ]
  for (const [body, status, expected] of cases) t.equal(read(body, status).class, expected, `${JSON.stringify(body)} ${status}`)
})

t.test('Retry-After is read as seconds or date and bound to ten minutes', async t => {
  const now = Date.parse('2026-11-23T12:00:00Z')
  const read = (headers: Record<string, string>) => retryAfterMs(headers, now)
  t.equal(read({ 'retry-after': '7' }), 7000)
  t.equal(read({ 'retry-after': '1.5' }), 1500)
  t.equal(read({ 'retry-after': '0' }), 0)
  t.equal(read({ 'retry-after-ms': '250', 'retry-after': '7' }), 250)
  t.equal(read({ 'retry-after': 'Mon, 23 Nov 2026 12:00:30 GMT' }), 30_000)
  t.equal(read({ 'retry-after': 'Mon, 23 Nov 2020 12:00:30 GMT' }), 0)
  t.equal(read({ 'retry-after': '1000000000' }), 600_000)
  t.equal(read({ 'retry-after': 'Fri, 31 Dec 9999 23:59:59 GMT' }), 600_000)
  t.equal(read({ 'retry-after': '-1' }), undefined)
  t.equal(read({ 'retry-after': 'soon' }), undefined)
  t.equal(read({}), undefined)
})
