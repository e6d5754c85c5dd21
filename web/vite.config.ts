import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { compress } from './compress.ts'

/** Where `npm run dev` serves the API. */
const API = `http://127.0.0.1:${process.env.PORT || 3001}`

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss(), compress()],
  // The test runner brings an older React, which npm hoists: libraries would find that one.
  resolve: { dedupe: ['react', 'react-dom'] },
  build: {
    target: 'es2023',
    // Everything by address: the content security policy knows no data: scripts and styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false
  },
  server: { proxy: { '/api': API, '/v1': API, '/docs': API, '/health': API, '/ready': API } }
})
