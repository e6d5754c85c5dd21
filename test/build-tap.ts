import { execSync } from 'node:child_process'
import t from 'tap'

// tap rebuilds itself when package.json leaves a plugin out, but only after it has chosen the loaders of the run:
// the first run of a fresh clone would compile what Node runs as it is.
if (t.pluginSignature.includes('@tapjs/typescript')) execSync('tap build', { stdio: 'inherit' })
