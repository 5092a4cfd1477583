/** The token people sign in with where the page is served by a server of its own. It is forgotten with the tab. */
import { ref, watch } from 'vue'

const KEY = 'openconnector-token'

export const token = ref(sessionStorage.getItem(KEY) ?? '')

watch(token, (value) => {
  if (value) sessionStorage.setItem(KEY, value)
  else sessionStorage.removeItem(KEY)
})
