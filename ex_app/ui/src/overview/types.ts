/** What `GET /overview` answers. */

export interface Named {
  id: string
  slug: string
  name: string
}

export interface Attention {
  kind: string
  moment: string
  synchronization: Named | null
  source: Named | null
  runId: string | null
  count: number | null
  status: number | null
  host: string | null
  reason: string | null
}

export interface LastRun {
  id: string
  synchronization: Named
  isEnabled: boolean
  state: string
  written: number
  deleted: number
  failed: number
  queued: string
}

export interface Day {
  day: string
  written: number
  failed: number
}

export interface Rate {
  source: Named
  calls: number
  failures: number
  meanMilliseconds: number
}

export interface Overview {
  attention: Attention[]
  attentionTotal: number
  lastRuns: LastRun[]
  activeRuns: number
  days: Day[]
  sources: Rate[]
  next: { synchronization: Named; due: string }[]
  counts: Record<string, number>
}
