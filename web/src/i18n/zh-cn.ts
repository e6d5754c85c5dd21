import type { Messages } from './en.ts'

export const zhCN: Messages = {
  brand: 'Reelay',
  skipToContent: '跳到内容',
  nav: { label: '主导航', board: '看板', lineage: '谱系', keys: 'API 密钥', webhooks: 'Webhook', channels: '渠道', account: '账户', help: '键盘帮助' },
  signIn: {
    title: '登录 Reelay',
    username: '用户名',
    password: '密码',
    submit: '登录',
    hint: '服务器首次启动时会显示第一个账户的密码。'
  },
  live: {
    live: '实时',
    reconnecting: '重新连接中',
    connecting: '连接中',
    lastUpdate: seconds => `${seconds} 秒前更新`
  },
  preferences: { language: '语言', theme: '主题', system: '跟随系统', light: '浅色', dark: '深色' },
  common: {
    cancel: '取消',
    close: '关闭',
    copy: '复制',
    copied: '已复制',
    save: '保存',
    delete: '删除',
    retry: '重试',
    loading: '加载中',
    more: '更多',
    none: '无',
    unreachable: '无法连接服务器。',
    unreachableHint: '会自动重试。'
  },
  status: { QUEUED: '排队中', PROCESSING: '处理中', COMPLETED: '已完成', FAILED: '失败', CANCELLED: '已取消' },
  notFound: { title: '没有这个页面', back: '返回看板' }
}
