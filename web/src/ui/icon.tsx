const PATHS = {
  board: 'M3 3h7v7H3zM14 3h7v7h-7zM3 14h7v7H3zM14 14h7v7h-7z',
  lineage: 'M4 10h4v4H4zM16 4h4v4h-4zM16 16h4v4h-4zM8 12h4M12 12V6h4M12 12v6h4',
  key: 'M15.5 13a4.5 4.5 0 1 0-4.3-3.2L4 17v3h3v-2h2v-2h2l1.2-1.2M16 8.5h.01',
  webhook: 'M4 7l8 6 8-6M4 6h16v12H4zM17 3l3 3-3 3',
  channel: 'M4 7h16M4 12h16M4 17h16M8 5v4M15 10v4M10 15v4',
  account: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21a8 8 0 0 1 16 0',
  help: 'M9.5 9a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .9-1 1.7v.5M12 17h.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z',
  close: 'M6 6l12 12M18 6L6 18',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM20 20l-4-4',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5L19 19M19 5l-1.5 1.5M6.5 17.5L5 19',
  globe: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  remix: 'M4 8h9a4 4 0 0 1 4 4v1M14 10l3 3 3-3M20 16h-9a4 4 0 0 1-4-4M4 19h5',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  copy: 'M9 9h11v11H9zM5 15V4h11',
  star: 'M12 4l2.5 5 5.5.8-4 3.9 1 5.5-5-2.7-5 2.7 1-5.5-4-3.9 5.5-.8z',
  plus: 'M12 5v14M5 12h14',
  image: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M9 9h.01',
  retry: 'M20 11a8 8 0 1 0-2 6M20 5v6h-6',
  stop: 'M7 7h10v10H7z',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  chevron: 'M9 6l6 6-6 6',
  play: 'M8 5l11 7-11 7z'
} as const

export type IconName = keyof typeof PATHS

/** A line drawing beside words; it says nothing by itself. */
export function Icon ({ name, className = 'size-[1.15em]', filled = false }: { name: IconName, className?: string, filled?: boolean }) {
  return (
    <svg viewBox='0 0 24 24' fill={filled ? 'currentColor' : 'none'} stroke='currentColor' strokeWidth='1.8' strokeLinecap='round' strokeLinejoin='round' aria-hidden className={className}>
      <path d={PATHS[name]} />
    </svg>
  )
}
