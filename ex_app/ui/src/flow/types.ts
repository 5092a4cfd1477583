/** What the interface answers about the flow of data. */
interface Named {
  id: string
  slug: string
  name: string
}

export interface Flow extends Named {
  isEnabled: boolean
  source: (Named & { kind: string; isEnabled: boolean }) | null
  mapping: Named | null
  target: { key: string; kind: string; title: string; place: string }
  run: { id: string; state: string; queued: string; failed: number } | null
}
