import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { loadWords } from './l10n'
import { router } from './router'
import './style.css'

await loadWords()
// AppAPI puts an element of the same id into Nextcloud's own: the inner one is ours.
const place = document.querySelector('#content #content') ?? '#content'
createApp(App).use(createPinia()).use(router).mount(place)
