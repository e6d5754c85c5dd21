/** What people read, by error code: what happened, and what to do next. `{name}` is filled from the error's parameters. */
export const en = {
  receipts: {
    created: 'Task submitted',
    remixed: 'Remix task submitted',
    retried: 'Task submitted again',
    queued: 'Task accepted, waiting for the provider'
  },
  errors: {
    REQUEST_INVALID: ['The request is not valid: {reason}', 'Correct the fields listed in details and send it again.'],
    MODEL_UNKNOWN: ['Model "{model}" is not offered here', 'Use one of: {models}.'],
    CAPABILITY_MISSING: ['The chosen model or channel cannot do this: {reason}', 'Leave the field out, or choose another model or channel.'],
    CURSOR_INVALID: ['The cursor is not one of ours', 'Start again without a cursor.'],
    AUTH_REQUIRED: ['Sign in first', 'Send a token from POST /api/auth/login as "Authorization: Bearer …".'],
    CREDENTIALS_INVALID: ['User name or password is wrong', 'Check both and try again.'],
    PERMISSION_DENIED: ['You may not do this', 'Ask an administrator.'],
    TASK_NOT_FOUND: ['Task {videoId} was not found', 'Check the id; only your own tasks are visible.'],
    ROUTE_NOT_FOUND: ['There is nothing at {method} {path}', 'See /docs for every route.'],
    USER_NOT_FOUND: ['User {id} was not found', 'List the users with GET /api/users.'],
    USER_EXISTS: ['User name "{username}" is taken', 'Choose another name.'],
    SESSION_NOT_FOUND: ['Session {id} was not found', 'List your sessions with GET /api/auth/sessions.'],
    CHANNEL_NOT_FOUND: ['Channel {id} was not found', 'Leave channelId out to let Reelay choose.'],
    SOURCE_NOT_COMPLETED: ['The source video is {status}, not COMPLETED', 'Wait until it is finished, then remix it.'],
    SOURCE_NOT_REMIXABLE: ['The source video cannot be remixed: {reason}', 'Remix another video, or create a new one.'],
    TASK_STATE_CONFLICT: ['The task is {status}: {reason}', 'Read the task again and decide from its present status.'],
    IDEMPOTENCY_KEY_REUSED: ['This idempotency key was used with another request', 'Use a new key for a new request.'],
    CONTENT_NOT_READY: ['The video is not ready: the task is {status}', 'Wait for COMPLETED, then fetch the content.'],
    BODY_TOO_LARGE: ['The request is larger than allowed ({limit})', 'Send a smaller body or image.'],
    MEDIA_TYPE_UNSUPPORTED: ['This content type is not supported: {type}', 'Send {expected}.'],
    RANGE_INVALID: ['The range lies outside the video', 'Ask for bytes between 0 and {size}.'],
    UPSTREAM_REFUSED: ['The provider refused the request: {reason}', 'Change the request as the provider says. Nothing was made or billed.'],
    UPSTREAM_MODERATED: ['The provider\'s content policy refused the request: {reason}', 'Change the prompt or the image.'],
    RATE_LIMITED: ['Too many requests', 'Wait as Retry-After says and try again.'],
    UPSTREAM_AUTH: ['The provider did not accept this server\'s key', 'An administrator must check the channel\'s key. Your login is fine.'],
    UPSTREAM_UNREADABLE: ['The provider gave an answer that could not be read', 'Try again later; the task itself is safe.'],
    DATABASE_UNAVAILABLE: ['The database cannot be reached at the moment', 'Try again in a few seconds; accepted tasks are safe.'],
    CHANNEL_UNAVAILABLE: ['No channel can take this task now: {reason}', 'Try again later, or ask an administrator to check the channels.'],
    DEADLINE_EXCEEDED: ['The video was not finished in time', 'Reelay keeps asking for 24 hours and completes the task if it turns up; or retry it.'],
    SUBMISSION_UNCONFIRMED: ['It is not known whether the provider accepted the task', 'It may have been made and billed. Check the provider\'s own list before you retry.'],
    NO_VIDEO_URL: ['The provider reported completion without a video', 'Retry the task, or ask the provider.'],
    OUTPUT_UNREADABLE: ['The provider\'s video could not be read', 'Retry the task, or ask the provider.'],
    UPSTREAM_FAILED: ['The provider could not make the video: {reason}', 'Change the request or retry.'],
    UPSTREAM_LOST: ['The provider no longer knows the task', 'Retry the task; ask the provider whether it was billed.'],
    INTERNAL_ERROR: ['Something went wrong on our side', 'Try again; if it stays, give the requestId to an administrator.']
  }
} as const satisfies {
  receipts: Record<string, string>
  errors: Record<string, readonly [message: string, hint: string]>
}
