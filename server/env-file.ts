import { existsSync } from 'node:fs'

// Node's own --env-file-if-exists says on every start that there is no .env; most people have none.
if (existsSync('.env')) process.loadEnvFile()
