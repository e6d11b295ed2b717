import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const here = decodeURIComponent(new URL('.', import.meta.url).pathname)

/** Builds the desk to dist/desk, which the server hands out as static files. Pages and charts are bundles of their own. */
export default defineConfig({
  root: here,
  base: './',
  plugins: [react()],
  build: {
    outDir: `${here}../../dist/desk`,
    emptyOutDir: true,
    target: 'es2022',
    // React and antd in one file that changes only with their versions; echarts is reached by a dynamic import alone.
    chunkSizeWarningLimit: 1_400,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'charts', test: /node_modules[\\/](echarts|zrender)[\\/]/ },
            { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/ },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8110', '/ws': { target: 'ws://127.0.0.1:8110', ws: true } } },
})
