import t from 'tap'
import { isSamePrompt, matchListedJobs, type Wanted } from '../../server/tasks/match-listed-jobs.ts'
import type { Capabilities, ListedJob } from '../../server/upstreams/upstream.ts'

const CAPABILITIES = { models: { ours: { upstreamModel: 'theirs', imageInput: true } }, anyModel: true } as unknown as Capabilities
const WANTED: Wanted = { model: 'ours', prompt: 'a cat on a very long beach', size: '1280x720', aspect_ratio: null, duration: '4', options: {}, type: 'generation', remix_from_external: null, file_hashes: null, upstream_model: 'theirs', source_model: null }

let made = 0
const job = (facts: Partial<ListedJob> = {}): ListedJob => ({ externalTaskId: `job-${++made}`, model: 'theirs', prompt: WANTED.prompt, createdAt: new Date(made * 1000), ...facts })
const match = (wanted: Partial<Wanted>, rivals: Array<Partial<Wanted>>, jobs: ListedJob[]) =>
  matchListedJobs(CAPABILITIES, { ...WANTED, ...wanted }, rivals.map(rival => ({ ...WANTED, ...rival })), jobs)

t.test('prompts are the same however their white space and their characters are written', async t => {
  t.ok(isSamePrompt(' a  cat\n', 'a cat'))
  t.ok(isSamePrompt('cafe\u0301', 'café'))
  t.notOk(isSamePrompt('a cat', 'A cat'))
  t.notOk(isSamePrompt('a cat', 'a cat on a beach'))
})

t.test('the earliest of several equal jobs comes first; other models and prompts are none', async t => {
  const [first, second] = [job(), job()]
  t.same(match({}, [], [second, job({ model: 'another' }), job({ prompt: 'a dog' }), first]), { ours: [first, second], doubtful: [] })
})

t.test('the model is what the submission really said, wherever its name leads by now', async t => {
  const [before, now] = [job({ model: 'before' }), job()]
  t.same(match({ upstream_model: 'before' }, [], [before, now]), { ours: [before], doubtful: [] })
  t.same(match({ upstream_model: null }, [], [before, now]).ours, [now], 'where that was not kept, the present name counts')
  const remix = job({ model: 'before', remixedFrom: 'source-1' })
  t.same(match({ type: 'remix', remix_from_external: 'source-1', source_model: 'before' }, [], [remix]).ours, [remix], 'a remix may be shown as its source')
})

t.test('another name for the same model is a rival like any other', async t => {
  const found = job()
  t.same(match({}, [{ model: 'alias', duration: '8' }], [found]), { ours: [], doubtful: [found] })
  t.same(match({}, [{ model: 'alias' }], [found]).ours, [found], 'who wants the same video may have it')
})

t.test('what the list does not say, or not in full, is doubt', async t => {
  const jobs = [job({ prompt: undefined }), job({ prompt: 'a cat on a very lo…' }), job({ prompt: 'a cat on a very long' })]
  t.same(match({}, [], jobs), { ours: [], doubtful: jobs })
  t.same(match({}, [], [job({ prompt: 'a cat' })]), { ours: [], doubtful: [] }, 'a short prompt of its own')
})

t.test('equal submissions in doubt share what is found, those that want another video do not', async t => {
  const found = job()
  t.same(match({}, [{}], [found]).ours, [found])
  for (const rival of [{ size: '720x1280' }, { duration: '8' }, { options: { seed: 1 } }, { file_hashes: ['a'] }, { type: 'remix' as const, remix_from_external: 'x' }]) {
    t.same(match({}, [rival], [found]), { ours: [], doubtful: [found] }, JSON.stringify(rival))
  }
  t.same(match({}, [{ prompt: 'a dog', size: '720x1280' }, { model: 'another', upstream_model: 'another', duration: '8' }], [found]).ours, [found], 'others do not matter')
})

t.test('what the list says of a job tells the rivals apart', async t => {
  const long = job({ seconds: 8 })
  t.same(match({ duration: '8' }, [{}], [long]).ours, [long])
  t.same(match({}, [{ duration: '8' }], [long]), { ours: [], doubtful: [long] })
  t.same(match({}, [], [long]).ours, [long], 'without a rival a length written otherwise is no hindrance')
  const spaced = job({ prompt: 'a  cat on a very long beach' })
  t.same(match({}, [{ prompt: spaced.prompt!, size: null }], [spaced]).ours, [], 'the exact words are the rival\'s')
})

t.test('a job made from another video is not ours', async t => {
  const remix = job({ remixedFrom: 'source-1' })
  t.same(match({}, [], [remix]), { ours: [], doubtful: [] })
  t.same(match({ type: 'remix', remix_from_external: 'source-2' }, [], [remix]), { ours: [], doubtful: [] })
  t.same(match({ type: 'remix', remix_from_external: 'source-1' }, [{ type: 'remix', remix_from_external: 'source-2' }], [remix]).ours, [remix])
})
