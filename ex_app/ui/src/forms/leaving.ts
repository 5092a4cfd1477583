/** Asks before somebody leaves a form with changes that are not saved. */
import { onBeforeUnmount, onMounted, type Ref } from 'vue'
import { onBeforeRouteLeave } from 'vue-router'
import { t } from '../l10n'

/** Ask whoever leaves the page while something is changed, be it by a link or by closing the window. */
export function askBeforeLeaving(isChanged: Ref<boolean>): void {
  function ask(event: BeforeUnloadEvent) {
    if (isChanged.value) event.preventDefault()
  }

  onBeforeRouteLeave(() => !isChanged.value || window.confirm(t('Leave without saving what you changed?')))
  onMounted(() => window.addEventListener('beforeunload', ask))
  onBeforeUnmount(() => window.removeEventListener('beforeunload', ask))
}
