import t from 'tap'
import { BehaviourError, parseBehaviour, parseBehaviourText } from '../../server/sandbox/behaviour.ts'
import { behaviourOfPrompt } from '../../server/sandbox/prompt-markers.ts'

t.test('a prompt says what its job does', async t => {
  t.same(behaviourOfPrompt('a cat'), {})
  t.match(behaviourOfPrompt('[[fail]] a cat'), { failAt: 40, error: { code: 'generation_failed' } })
  t.same(behaviourOfPrompt('a [[sandbox: fail=25, duration=500]] cat'), { failAt: 25, durationMs: 500 })
  t.same(behaviourOfPrompt('[[sandbox: poll=503, poll.times=3, create=hang, status=dreaming]]'), {
    poll: { answer: 503, times: 3 }, create: { answer: 'hang' }, words: { running: 'dreaming' }
  })
  t.same(behaviourOfPrompt('x [[sandbox:{"missingKeys":["size"],"error":{"message":"no ]] here"}}]] y'), { missingKeys: ['size'], error: { message: 'no ]] here' } })
  t.match(behaviourOfPrompt('[[fail]] [[sandbox: duration=9]]'), { failAt: 40, durationMs: 9 })
})

t.test('double brackets that say nothing known are plain text', async t => {
  for (const prompt of ['[[wikilink]]', '[[Not A Marker]]', '[[constructor]]', '[[', '[[sandbox', '[]']) t.same(behaviourOfPrompt(prompt), {}, prompt)
})

t.test('a behaviour that does not exist is refused by name', async t => {
  t.throws(() => behaviourOfPrompt('[[sandbox: explode=now]]'), BehaviourError)
  t.throws(() => behaviourOfPrompt('[[sandbox:{"poll":}]]'), BehaviourError)
  t.throws(() => parseBehaviour({ poll: { answer: 'dance' } }), { name: 'BehaviourError', message: /poll/ })
  t.throws(() => parseBehaviourText('not json'), BehaviourError)
})

t.test('a marker reaches no prototype', async t => {
  t.throws(() => behaviourOfPrompt('[[sandbox: __proto__.polluted=1]]'))
  t.equal(({} as Record<string, unknown>).polluted, undefined)
})
