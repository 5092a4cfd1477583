/** Addresses of the pages: real ones, so that they can be kept, sent and gone back to. */
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import NotFoundPage from './pages/NotFoundPage.vue'
import OverviewPage from './pages/OverviewPage.vue'

/** Inside Nextcloud, the address of the menu entry; on a server of its own, `/app`. */
export const base = location.pathname.match(/^.*\/embedded\/[^/]+\/[^/]+/)?.[0] ?? '/app'

export const routes: RouteRecordRaw[] = [
  { path: '/', name: 'overview', component: OverviewPage },
  { path: '/runs', name: 'runs', component: () => import('./pages/RunsPage.vue') },
  { path: '/runs/:id', name: 'run', component: () => import('./pages/RunPage.vue'), props: true },
  { path: '/schedules', name: 'schedules', component: () => import('./pages/SchedulesPage.vue') },
  { path: '/schedules/:id', name: 'firings', component: () => import('./pages/FiringsPage.vue'), props: true },
  { path: '/settings', name: 'settings', component: () => import('./pages/settings/SettingsPage.vue') },
  { path: '/settings/audit', name: 'audit', component: () => import('./pages/settings/AuditPage.vue') },
  { path: '/settings/about', name: 'about', component: () => import('./pages/settings/AboutPage.vue') },
  { path: '/transfer', name: 'transfer', component: () => import('./pages/configuration/TransferPage.vue') },
  { path: '/profile', name: 'profile', component: () => import('./pages/settings/ProfilePage.vue') },
  { path: '/wizard/:step(\\d)?', name: 'wizard', component: () => import('./pages/WizardPage.vue'), props: true },
  { path: '/mappings/new', component: () => import('./pages/MappingPage.vue') },
  { path: '/mappings/:id', component: () => import('./pages/MappingPage.vue'), props: true },
  { path: '/contracts', name: 'contracts', component: () => import('./pages/ContractsPage.vue') },
  { path: '/contracts/:id', name: 'contract', component: () => import('./pages/ContractPage.vue'), props: true },
  { path: '/registers', name: 'registers', component: () => import('./pages/RegistersPage.vue') },
  { path: '/registers/:register', redirect: { name: 'registers' } },
  { path: '/registers/:register/:schema', name: 'objects', component: () => import('./pages/ObjectsPage.vue'), props: true },
  { path: '/registers/:register/:schema/:id', name: 'object', component: () => import('./pages/ObjectPage.vue'), props: true },
  { path: '/flow', name: 'flow', component: () => import('./pages/FlowPage.vue') },
  { path: '/synchronizations/new', component: () => import('./pages/DefinitionPage.vue'), props: { collection: 'synchronizations' } },
  { path: '/synchronizations/:id', component: () => import('./pages/SynchronizationPage.vue'), props: true },
  { path: '/:collection', name: 'collection', component: () => import('./pages/CollectionPage.vue'), props: true },
  { path: '/:collection/new', name: 'new', component: () => import('./pages/DefinitionPage.vue'), props: true },
  { path: '/:collection/:id', name: 'definition', component: () => import('./pages/DefinitionPage.vue'), props: true },
  { path: '/:rest(.*)*', name: 'missing', component: NotFoundPage },
]

export const router = createRouter({ history: createWebHistory(base), routes })

/** Links name a collection and an id; what stands at that address may be a page of the collection's own. */
router.beforeEach((to) => router.resolve(to.path).name === to.name || to.fullPath)
