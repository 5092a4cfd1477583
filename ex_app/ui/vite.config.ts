/** How the page is built: modules behind a small classic script, because AppAPI can load nothing else. */
import { readdirSync, readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import vue from '@vitejs/plugin-vue'
import { type Plugin, type Rollup } from 'vite'
import { defineConfig } from 'vitest/config'

const APP = 'openconnector'
const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'))

/** Writes `js/openconnector-main.js`, a classic script that links the styles and imports the entry, both by their hashed names. */
function classicLoader(): Plugin {
  return {
    name: 'classic-loader',
    apply: 'build',
    enforce: 'post',
    generateBundle(_, bundle) {
      const files = Object.values(bundle)
      const entry = files.find((file) => file.type === 'chunk' && file.isEntry)
      if (entry?.type !== 'chunk') this.error('there is no entry to load')
      if (entry.imports.length) this.error(`the entry waits for ${entry.imports}, which waits for it: name what both need in CHUNKS`)
      const styles = [...(entry.viteMetadata?.importedCss ?? [])] // what a page alone needs comes with the page
      const link = (name: string) =>
        `var l=document.createElement('link');l.rel='stylesheet';l.href=new URL('${name}',b);document.head.appendChild(l);`
      this.emitFile({
        type: 'asset',
        fileName: `js/${APP}-main.js`,
        source:
          `(function(){var b=new URL('../',document.currentScript.src);${styles.map(link).join('')}` +
          `import(new URL('${entry.fileName}',b)).catch(function(e){console.error('${APP}: the page could not be loaded',e)})})();\n`,
      })
    },
  }
}

/** Keeps of a language's catalogue what the page itself says; the server translates what it sends. */
function wordsOfThePage(): Plugin {
  const folder = new URL('src/', import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(ts|vue)$/.test(name))
  const sources = files.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n')
  const isSaid = (sentence: string) =>
    ["'", '"', '`'].some((quote) => sources.includes(quote + sentence.replaceAll(quote, `\\${quote}`) + quote))
  return {
    name: 'words-of-the-page',
    enforce: 'pre',
    transform(code, id) {
      if (!/[\\/]l10n[\\/]\w+\.json$/.test(id)) return null
      const { translations } = JSON.parse(code) as { translations: Record<string, unknown> }
      const said = Object.entries(translations).filter(([key]) => isSaid(key.match(/^_(.*)_::_.*_$/s)?.[1] ?? key))
      return JSON.stringify({ translations: Object.fromEntries(said) })
    },
  }
}

/** Keeps of what the components say the languages that we speak: each brings its words in sixty. */
function wordsOfTheComponents(): Plugin {
  const languages = new Set(readdirSync(new URL('../../l10n', import.meta.url)).map((name) => name.replace(/\.json$/, '')))
  return {
    name: 'words-of-the-components',
    transform(code, id) {
      if (!/@nextcloud[\\/]vue[\\/]dist[\\/]chunks[\\/]_l10n\.mjs$/.test(id)) return null
      const spoken = (words: string) => JSON.stringify((runInNewContext(words) as { l: string }[]).filter(({ l }) => languages.has(l)))
      const kept = code.replace(/^(const t\d+ = )(\[.*\]);$/gm, (_, name: string, words: string) => `${name}${spoken(words)};`)
      if (kept === code) this.error('the components keep their words in another way than before')
      return { code: kept, map: null }
    },
  }
}

/** Each file costs Nextcloud a PHP process, so there are few. What several pages share belongs to the first of these. */
const CHUNKS: [name: string, modules: RegExp][] = [
  ['main', /ui[\\/]src[\\/]((api|lists|stores)[\\/](?!ListFilters|filters)|[^\\/]+$)|plugin-vue:export-helper/],
  ['forms', /ui[\\/]src[\\/](forms|lists)[\\/]|(Collection|Definition)Page\.vue/],
  ['runs', /ui[\\/]src[\\/](runs|contracts|objects|schedules)[\\/]|(Runs?|Contracts?|Registers|Objects?|Schedules|Firings)Page\.vue|RunState\.vue|pages[\\/]states\.ts/],
  ['settings', /[\\/]pages[\\/](settings|configuration)[\\/]/],
  ['codemirror', /[\\/]node_modules[\\/](@codemirror|@lezer|@marijn|style-mod|crelt|w3c-keyname|yaml)[\\/]/],
]

/** Return the first chunk that needs a module, itself or by way of what it imports; none for what one page alone needs. */
function chunkOf(id: string, { getModuleInfo }: Rollup.ManualChunkMeta): string | undefined {
  const needing = new Set([id])
  for (const one of needing) getModuleInfo(one)?.importers.forEach((importer) => needing.add(importer))
  return CHUNKS.find(([, modules]) => [...needing].some((one) => modules.test(one)))?.[0]
}

export default defineConfig({
  base: './', // what belongs to a module is looked for beside it: through AppAPI's proxy, whatever its address
  plugins: [vue(), wordsOfThePage(), wordsOfTheComponents(), classicLoader()],
  define: { appName: JSON.stringify(APP), appVersion: JSON.stringify(version) }, // read by @nextcloud/vue
  build: {
    outDir: '..',
    emptyOutDir: false,
    target: 'es2022',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    rollupOptions: {
      input: { main: 'src/main.ts' },
      output: {
        manualChunks: chunkOf,
        entryFileNames: 'js/[name]-[hash].chunk.mjs',
        chunkFileNames: 'js/[name]-[hash].chunk.mjs',
        assetFileNames: ({ names: [name = ''] }) =>
          name.endsWith('.css') ? 'css/[name]-[hash].chunk.css' : 'css/assets/[name]-[hash].chunk[extname]',
      },
    },
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['tests/setup.ts'],
    include: ['tests/**/*.test.ts'],
    server: { deps: { inline: [/@nextcloud/] } }, // they import styles
  },
})
