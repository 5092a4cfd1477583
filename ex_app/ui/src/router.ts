/** Addresses of the pages: real ones, so that they can be kept, sent and gone back to. */
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import CollectionPage from './pages/CollectionPage.vue'
import DefinitionPage from './pages/DefinitionPage.vue'
import NotFoundPage from './pages/NotFoundPage.vue'
import RunPage from './pages/RunPage.vue'
import RunsPage from './pages/RunsPage.vue'

/** Inside Nextcloud, the address of the menu entry; on a server of its own, `/app`. */
export const base = location.pathname.match(/^.*\/embedded\/[^/]+\/[^/]+/)?.[0] ?? '/app'

export const routes: RouteRecordRaw[] = [
  { path: '/', redirect: '/synchronizations' },
  { path: '/runs', name: 'runs', component: RunsPage },
  { path: '/runs/:id', name: 'run', component: RunPage, props: true },
  { path: '/:collection', name: 'collection', component: CollectionPage, props: true },
  { path: '/:collection/new', name: 'new', component: DefinitionPage, props: true },
  { path: '/:collection/:id', name: 'definition', component: DefinitionPage, props: true },
  { path: '/:rest(.*)*', name: 'missing', component: NotFoundPage },
]

export const router = createRouter({ history: createWebHistory(base), routes })
