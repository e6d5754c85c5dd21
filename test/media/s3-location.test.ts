import t from 'tap'
import { loadConfig } from '../../server/config.ts'

const keys = { MEDIA_ACCESS_KEY_ID: 'id', MEDIA_SECRET_ACCESS_KEY: 'secret' }

t.test('MEDIA_URL says where the bucket is', async t => {
  for (const [url, location] of Object.entries({
    's3://videos': { baseUrl: 'https://videos.s3.us-east-1.amazonaws.com/', prefix: '', region: 'us-east-1' },
    's3://videos/a/b?region=eu-central-1': { baseUrl: 'https://videos.s3.eu-central-1.amazonaws.com/', prefix: 'a/b/', region: 'eu-central-1' },
    's3://my.videos/?pathStyle=true': { baseUrl: 'https://s3.us-east-1.amazonaws.com/my.videos/', prefix: '' },
    's3://videos/reelay/?endpoint=http://minio:9000': { baseUrl: 'http://minio:9000/videos/', prefix: 'reelay/' },
    's3://videos?endpoint=https://id.example.com/storage/v1/s3&region=auto': { baseUrl: 'https://id.example.com/storage/v1/s3/videos/', region: 'auto' },
    's3://videos?endpoint=https://store.example.com&pathStyle=false': { baseUrl: 'https://videos.store.example.com/' }
  })) t.match(loadConfig({ MEDIA_URL: url, ...keys }).mediaStore, { location, keys: { accessKeyId: 'id', secretAccessKey: 'secret' } }, url)
  t.equal(loadConfig({}).mediaStore, undefined)
})

t.test('a wrong value stops the start with one line that names the variable and not the value', async t => {
  for (const url of [
    'videos', 'https://videos.s3.amazonaws.com', 's3://', 's3://ab', 's3://Videos', 's3://vid_eos', 's3://videos:9000',
    's3://hidden:hidden@videos', 's3://videos/a b', 's3://videos/ü',
    's3://videos?hidden=1', 's3://videos?region=a&region=b', 's3://videos?region=hidden/x', 's3://videos?pathStyle=hidden',
    's3://videos?endpoint=hidden', 's3://videos?endpoint=ftp://hidden', 's3://videos?endpoint=https://hidden:hidden@example.com', 's3://videos?endpoint=https://example.com?hidden'
  ]) t.throws(() => loadConfig({ MEDIA_URL: url, ...keys }), { name: 'ConfigError', message: /^MEDIA_URL: (?!.*hidden)[^\n]+$/ }, url)
  t.throws(() => loadConfig({ MEDIA_URL: 's3://videos', MEDIA_SECRET_ACCESS_KEY: 'x' }), { message: /^MEDIA_ACCESS_KEY_ID: / })
  t.throws(() => loadConfig({ MEDIA_URL: 's3://videos', MEDIA_ACCESS_KEY_ID: 'x' }), { message: /^MEDIA_SECRET_ACCESS_KEY: / })
})
