import type { en } from './en.ts'

type Receipts = Record<keyof typeof en.receipts, string>
type Errors = Record<keyof typeof en.errors, readonly [message: string, hint: string]>

export const zhCN: { receipts: Receipts, errors: Errors } = {
  receipts: {
    created: '任务已提交',
    remixed: 'Remix 任务已提交',
    retried: '任务已重新提交',
    queued: '任务已受理，正在等待上游'
  },
  errors: {
    REQUEST_INVALID: ['请求无效：{reason}', '请按 details 中列出的字段修改后重新发送。'],
    MODEL_UNKNOWN: ['这里不提供模型“{model}”', '可用模型：{models}。'],
    CAPABILITY_MISSING: ['所选模型或渠道不支持：{reason}', '请去掉该字段，或换一个模型或渠道。'],
    CURSOR_INVALID: ['游标无效', '请去掉 cursor 重新开始。'],
    AUTH_REQUIRED: ['请先登录', '请在 Authorization 头中携带 POST /api/auth/login 返回的令牌（Bearer …）。'],
    CREDENTIALS_INVALID: ['用户名或密码错误', '请检查后重试。'],
    PERMISSION_DENIED: ['没有权限执行此操作', '请联系管理员。'],
    TASK_NOT_FOUND: ['找不到任务 {videoId}', '请检查 ID；只能看到自己的任务。'],
    ROUTE_NOT_FOUND: ['{method} {path} 不存在', '所有接口见 /docs。'],
    USER_NOT_FOUND: ['找不到用户 {id}', '可用 GET /api/users 查看用户列表。'],
    USER_EXISTS: ['用户名“{username}”已被占用', '请换一个用户名。'],
    SESSION_NOT_FOUND: ['找不到会话 {id}', '可用 GET /api/auth/sessions 查看会话列表。'],
    CHANNEL_NOT_FOUND: ['找不到渠道 {id}', '不填 channelId 即由 Reelay 选择。'],
    SOURCE_NOT_COMPLETED: ['源视频当前为 {status}，尚未完成', '请等待其完成后再进行 Remix。'],
    SOURCE_NOT_REMIXABLE: ['源视频无法 Remix：{reason}', '请选择其他视频，或新建任务。'],
    TASK_STATE_CONFLICT: ['任务当前为 {status}：{reason}', '请重新读取任务，根据最新状态操作。'],
    IDEMPOTENCY_KEY_REUSED: ['该幂等键已用于另一个请求', '新请求请使用新的幂等键。'],
    CONTENT_NOT_READY: ['视频尚未就绪：任务当前为 {status}', '请等待 COMPLETED 后再获取内容。'],
    BODY_TOO_LARGE: ['请求超过允许的大小（{limit}）', '请减小请求体或图片。'],
    MEDIA_TYPE_UNSUPPORTED: ['不支持的内容类型：{type}', '请发送 {expected}。'],
    RANGE_INVALID: ['请求的范围超出视频大小', '请请求 0 到 {size} 之间的字节。'],
    UPSTREAM_REFUSED: ['上游拒绝了请求：{reason}', '请按上游的说明修改请求。未生成任何内容，也未计费。'],
    UPSTREAM_MODERATED: ['上游的内容政策拒绝了请求：{reason}', '请修改提示词或图片。'],
    RATE_LIMITED: ['请求过于频繁', '请按 Retry-After 等待后重试。'],
    UPSTREAM_AUTH: ['上游不接受本服务器的密钥', '请管理员检查渠道密钥。您的登录没有问题。'],
    UPSTREAM_UNREADABLE: ['无法解析上游的响应', '请稍后重试；任务本身是安全的。'],
    DATABASE_UNAVAILABLE: ['数据库暂时无法访问', '请几秒后重试；已受理的任务不会丢失。'],
    CHANNEL_UNAVAILABLE: ['目前没有渠道可以接受该任务：{reason}', '请稍后重试，或请管理员检查渠道。'],
    DEADLINE_EXCEEDED: ['视频未能按时完成', 'Reelay 会继续查询 24 小时，若视频出现则自动完成任务；也可以重试。'],
    SUBMISSION_UNCONFIRMED: ['无法确定上游是否已接受该任务', '它可能已生成并计费。重试前请先在上游核对。'],
    NO_VIDEO_URL: ['上游报告已完成，但没有视频', '请重试任务，或咨询上游。'],
    OUTPUT_UNREADABLE: ['无法读取上游的视频', '请重试任务，或咨询上游。'],
    UPSTREAM_FAILED: ['上游未能生成视频：{reason}', '请修改请求或重试。'],
    UPSTREAM_LOST: ['上游已不再识别该任务', '请重试任务；是否计费请咨询上游。'],
    INTERNAL_ERROR: ['服务器内部错误', '请重试；若仍出现，请把 requestId 提供给管理员。']
  }
}
