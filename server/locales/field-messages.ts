import type { Locale } from './choose-locale.ts'

/**
 * What is wrong with a field beyond what its schema says. The English sentence stands where it is thrown; here is
 * how it reads in Chinese, with `{places}` for what differs. A test finds sentences that are missing.
 */
export const FIELD_MESSAGES: Readonly<Record<string, string>> = {
  'is written by the server and may not be set': '由服务器写入，不能设置',
  'must not be larger than {limit} bytes as JSON': '作为 JSON 不能超过 {limit} 字节',
  'must not be larger than {limit} videos': '不能超过 {limit} 个视频',
  'must not be empty': '不能为空',
  'must not contain NUL characters or broken Unicode': '不能包含 NUL 字符或损坏的 Unicode',
  'must not be nested deeper than {limit} levels': '嵌套不能超过 {limit} 层',
  'is not a cursor of this list': '不是此列表的游标',
  'must be the source\'s channel: {what} made where its source was': '必须是源视频的通道：在生成源视频的地方进行',
  'is required: this channel takes any model and has no default': '为必填项：此通道接受任意模型，没有默认值',
  'is not a channel that takes new tasks': '不是可接受新任务的通道',
  'is not offered here': '这里不提供',
  'must be one of {list} seconds': '必须是以下秒数之一：{list}',
  'must be one of {list}': '必须是以下之一：{list}',
  'must be of: {list}': '只能包含：{list}',
  'is not taken by this model': '此模型不支持',
  'are not taken beside what the video begins or ends with': '不能与首帧、尾帧等起止图片同时使用',
  'is required by this model': '此模型必须提供',
  'only makes videos from others': '只能由其他视频生成视频',
  'cannot {operation} a video': '不能对视频进行 {operation}',
  'are taken for a new video only': '仅用于新视频',
  'are not taken by its channel': '其通道不支持',
  'cannot be remixed on its channel': '在其通道上不能 Remix',
  'cannot be edited by its channel': '其通道不能编辑',
  'cannot be extended by its channel': '其通道不能延长',
  'must be at most {limit} pixels a side and {pixels} megapixels, not {size}': '每边最多 {limit} 像素、总共最多 {pixels} 百万像素，而不是 {size}',
  'must be at most {limit}': '最多 {limit}',
  'must be an MP4, QuickTime or WebM video': '必须是 MP4、QuickTime 或 WebM 视频',
  'are not all yours: there is no {id}': '并非都属于您：没有 {id}',
  'must be a whole PNG, JPEG or WebP image': '必须是完整的 PNG、JPEG 或 WebP 图片',
  'is damaged: not all of its pixels can be decoded': '已损坏：无法解码全部像素',
  'takes too much memory to decode; send it smaller': '解码所需内存过多；请发送更小的图片',
  'takes too long to decode; send it smaller': '解码时间过长；请发送更小的图片',
  'could not be decoded; send it in another form': '无法解码；请换一种格式发送',
  'must be an image with at least one pixel': '图片至少要有一个像素',
  'must be a data URL like data:image/png;base64,… (PNG, JPEG or WebP)': '必须是形如 data:image/png;base64,… 的 data URL（PNG、JPEG 或 WebP）',
  'must be a data URL in a batch': '在批次中必须是 data URL',
  'must be valid base64 after the comma': '逗号之后必须是有效的 base64',
  'declares {declared} but holds {found}': '声明为 {declared}，实际为 {found}',
  'must be an image of at most 10 MiB': '必须是不超过 10 MiB 的图片',
  'could not be read: it must be a public https address of an image': '无法读取：必须是公开的 https 图片地址',
  'could not be read: its server answered {status}': '无法读取：其服务器应答 {status}',
  'is reserved': '是保留名称',
  'is taken': '已被占用',
  'is required with another baseUrl: the present key goes to the present address only': '更换 baseUrl 时为必填项：现有密钥只发往现有地址',
  'must end with its path': '必须以路径结尾',
  'is nothing that {type} has': '{type} 没有此设置',
  'must be one of: {list}': '必须是以下之一：{list}',
  'must not be a private address': '不能是内网地址',
  'cannot be used: {reason}': '无法使用：{reason}',
  'must be in the future': '必须在将来',
  'must be a file or the id of a finished video': '必须是文件，或已完成视频的 id',
  'must be a file of a form': '必须是表单中的文件',
  'must be text': '必须是文本',
  'is not a file field: images go into {fields}': '不是文件字段：图片请放入 {fields}',
  'is not a file field': '不是文件字段',
  'is given twice': '重复给出',
  'is given in two forms': '以两种形式给出',
  'is not a name of a field': '不是字段名',
  'is not the id of a video': '不是视频的 id',
  'and {other} say the same; give one of them': '与 {other} 含义相同；只能给出其中之一',
  'and {other} exclude each other; give one of them': '与 {other} 互斥；只能给出其中之一',
  'differs from {other}; give one of them': '与 {other} 不一致；只能给出其中之一',
  'is missing: give both or size': '缺失：请同时给出两者，或给出 size',
  'must be an https URL, a data URL or base64': '必须是 https URL、data URL 或 base64',
  'must have exactly one of {names}': '必须且只能有其中之一：{names}',
  'with a file_id is not taken: there is no store of uploaded files; give image_url or a file': '不支持 file_id：没有上传文件的存储；请给出 image_url 或文件',
  'admin is for keys of administrators': 'admin 仅用于管理员的密钥',
  'is required, or {other}': '为必填项，或给出 {other}',
  'must be JSON': '必须是 JSON',
  'is too long': '过长',
  'was used with another request': '已用于另一个请求',
  'is not one of your tasks': '不是您的任务'
}

const PATTERNS = Object.entries(FIELD_MESSAGES).map(([english, chinese]) => ({ pattern: patternOf(english), chinese }))

/** The sentence in the reader's language; as it is where it is in that language already, or not known. */
export function fieldMessage (english: string, locale: Locale): string {
  if (locale === 'en') return english
  for (const { pattern, chinese } of PATTERNS) {
    const found = pattern.exec(english)
    if (found) return chinese.replace(/\{(\w+)\}/g, (place, name: string) => found.groups?.[name] ?? place)
  }
  return english
}

function patternOf (english: string): RegExp {
  return new RegExp(`^${english.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\\\{(\w+)\\\}/g, '(?<$1>.+)')}$`)
}
