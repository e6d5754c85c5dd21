/** The words of the console. Other languages have exactly these keys: the compiler checks it. */
export const en = {
  brand: 'Reelay',
  skipToContent: 'Skip to content',
  nav: { label: 'Main', board: 'Board', lineage: 'Lineage', keys: 'API keys', webhooks: 'Webhooks', channels: 'Channels', account: 'Account', help: 'Keyboard help' },
  signIn: {
    title: 'Sign in to Reelay',
    username: 'User name',
    password: 'Password',
    submit: 'Sign in',
    hint: 'The first start of the server prints the password of the first account.'
  },
  live: {
    live: 'Live',
    reconnecting: 'Reconnecting',
    connecting: 'Connecting',
    lastUpdate: (seconds: number) => `last update ${seconds} s ago`
  },
  preferences: { language: 'Language', theme: 'Theme', system: 'System', light: 'Light', dark: 'Dark' },
  common: {
    cancel: 'Cancel',
    close: 'Close',
    copy: 'Copy',
    copied: 'Copied',
    save: 'Save',
    delete: 'Delete',
    retry: 'Try again',
    loading: 'Loading',
    more: 'More',
    none: 'None',
    unreachable: 'The server cannot be reached.',
    unreachableHint: 'It is tried again by itself.'
  },
  status: { QUEUED: 'Queued', PROCESSING: 'Processing', COMPLETED: 'Completed', FAILED: 'Failed', CANCELLED: 'Cancelled' },
  notFound: { title: 'There is no such page', back: 'To the board' }
}

export type Messages = typeof en
