// Generated from /docs/json: UPDATE_API_TYPES=1 npm run tap -- test/web/api-types.test.ts

export interface paths {
    "/api/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in
         * @description Answers with a token and sets it as a session cookie. Repeated failures are slowed down with 429 and Retry-After.
         */
        post: operations["postAuthLogin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End this session */
        post: operations["postAuthLogout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who am I */
        get: operations["getAuthMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change my password
         * @description Ends every other session. API keys stay.
         */
        post: operations["postAuthPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List my sessions */
        get: operations["getAuthSessions"];
        put?: never;
        post?: never;
        /** End all my sessions, this one included */
        delete: operations["deleteAuthSessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End one of my sessions */
        delete: operations["deleteAuthSessionsById"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/channels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the channels, the preferred first */
        get: operations["getChannels"];
        put?: never;
        /**
         * Create a channel
         * @description It takes tasks at once. The key is sealed and never shown again.
         */
        post: operations["postChannels"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/channels/{channelId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a channel */
        get: operations["getChannelsByChannelId"];
        put?: never;
        post?: never;
        /**
         * Delete a channel
         * @description It takes no new tasks. Those it has go on to their end, with its key, and what they made is served as before.
         */
        delete: operations["deleteChannelsByChannelId"];
        options?: never;
        head?: never;
        /**
         * Change, disable or enable a channel
         * @description Every process follows within 5 seconds. With another key or address, tasks that were submitted stay with the old ones; disabled, it takes no new tasks and those it has go on to their end. The type stays.
         */
        patch: operations["patchChannelsByChannelId"];
        trace?: never;
    };
    "/api/channels/{channelId}/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How a channel is doing
         * @description What was submitted there within the last minutes and what came of it, and how it stands now: the same whichever process answers, but for thisProcess.
         */
        get: operations["getChannelsByChannelIdHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/channels/{channelId}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try a channel's address and key
         * @description By a call to the provider that costs nothing. A provider that is away or says no is an answer, not an error.
         */
        post: operations["postChannelsByChannelIdTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/errors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List every error code
         * @description With its status, sentence and hint in both languages. `{places}` are filled when it happens.
         */
        get: operations["getErrors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List my API keys, newest first */
        get: operations["getKeys"];
        put?: never;
        /**
         * Create an API key
         * @description The key is in this answer and in no other. It goes on working when you change your password; revoke it to end it.
         */
        post: operations["postKeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke an API key
         * @description It is refused within 5 seconds by every process; streams opened with it close within 60.
         */
        delete: operations["deleteKeysById"];
        options?: never;
        head?: never;
        /** Rename an API key, or change its limit */
        patch: operations["patchKeysById"];
        trace?: never;
    };
    "/api/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the models on offer and what they can do
         * @description What is taken in parameters and images, so that only what works need be offered. `/v1/models` lists the same names for OpenAI's SDKs.
         */
        get: operations["getModels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sse/task-updates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Watch my tasks
         * @description Every change of the caller's tasks, as Server-Sent Events, and batches that have finished. Resumes after Last-Event-ID (header or lastEventId); begins with the state of the active tasks, closed by snapshotEnd. With wait it is a long poll instead: the changes after lastEventId as JSON, or without one the active tasks at once.
         */
        get: operations["getSseTaskUpdates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sse/tickets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A one-time ticket for EventSource
         * @description Opens one stream within 30 seconds: GET /api/sse/task-updates?ticket=…
         */
        post: operations["postSseTickets"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/upstream-events/{channelId}/{secret}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * For providers: an event of a channel
         * @description The job the event is about is polled now instead of when it was planned; the event itself changes nothing. Where the channel has a signing secret (UPSTREAM_WEBHOOK_SECRET) the signature must be right and at most 5 minutes old. Any content type, at most 256 KiB.
         */
        post: operations["postUpstreamEventsByChannelIdBySecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the users */
        get: operations["getUsers"];
        put?: never;
        /** Create a user */
        post: operations["postUsers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change a user's role or password, disable or enable the account
         * @description A new password or a disabled account ends the user's sessions; a disabled account's API keys are refused until it is enabled again. The last enabled administrator stays one.
         */
        patch: operations["patchUsersById"];
        trace?: never;
    };
    "/api/video/batches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List my batches
         * @description Newest first, each with how its tasks stand.
         */
        get: operations["getVideoBatches"];
        put?: never;
        /**
         * Create and remix up to 500 videos at once
         * @description Each item is accepted or refused by itself, unless `atomic`. The tasks are kept from the moment of the 201 and submitted afterwards, behind tasks that were made one by one.
         */
        post: operations["postVideoBatches"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/video/batches/{batchId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a batch and its tasks
         * @description How many tasks have which status, and the tasks in the order of the items, page by page.
         */
        get: operations["getVideoBatchesByBatchId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/video/batches/{batchId}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel what of a batch is unfinished
         * @description Says of each unfinished task what came of it, as the cancel of a task does.
         */
        post: operations["postVideoBatchesByBatchIdCancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/video/batches/{batchId}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Have the failed tasks of a batch made again
         * @description The same tasks, new attempts. What may have been made and billed already only with acceptDuplicateRisk.
         */
        post: operations["postVideoBatchesByBatchIdRetry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/video/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List my tasks, newest first */
        get: operations["getVideoTasks"];
        put?: never;
        /**
         * Create a video
         * @description JSON or multipart/form-data. The task is kept from the moment of the 201; `queued` means that the provider has not confirmed it yet. With `dryRun` nothing is kept, sent or paid for: the answer, or the refusal, says what would happen.
         */
        post: operations["postVideoTasks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/video/tasks/{videoId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a task */
        get: operations["getVideoTasksByVideoId"];
        put?: never;
        post?: never;
        /**
         * Delete a task and its files
         * @description A running task is cancelled first. Its place in the lineage stays, so that its remixes still show where they came from.
         */
        delete: operations["deleteVideoTasksByVideoId"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/video/tasks/{videoId}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a task
         * @description `cancelled`: it is. `requested`: the provider has yet to say so. `tooLate` and `unsupported` change nothing.
         */
        post: operations["postVideoTasksByVideoIdCancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/video/tasks/{videoId}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the bytes of a finished video
         * @description With a token, a session cookie, or the signed address that videoUrl is. One Range at a time, ETag, If-Range, If-None-Match and HEAD are honoured.
         */
        get: operations["getVideoTasksByVideoIdContent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        /**
         * Read the bytes of a finished video
         * @description With a token, a session cookie, or the signed address that videoUrl is. One Range at a time, ETag, If-Range, If-None-Match and HEAD are honoured.
         */
        head: operations["headVideoTasksByVideoIdContent"];
        patch?: never;
        trace?: never;
    };
    "/api/video/tasks/{videoId}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happened to a task
         * @description The timeline as JSON; asked for text/event-stream, the stream of this one task, which begins with its present state, also when it has ended.
         */
        get: operations["getVideoTasksByVideoIdEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/video/tasks/{videoId}/lineage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where a video came from and what came of it
         * @description The whole tree of remixes, edits and extensions, from the topmost ancestor down; or a part of it. As a diagram with `format`: then `Link` leads to the next page.
         */
        get: operations["getVideoTasksByVideoIdLineage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/video/tasks/{videoId}/remix": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Remix a finished video
         * @description Made on the channel that made the source. Size, ratio and duration are the source's unless given.
         */
        post: operations["postVideoTasksByVideoIdRemix"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/video/tasks/{videoId}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Have a failed or cancelled task made again, or a quarantined one asked after
         * @description The same task, a new attempt. While it is unknown whether the last submission was made, only with acceptDuplicateRisk. A task of stage `quarantined` keeps its attempt and its external id: the provider is asked after it again, and nothing is submitted.
         */
        post: operations["postVideoTasksByVideoIdRetry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List your webhooks */
        get: operations["getWebhooks"];
        put?: never;
        /**
         * Create a webhook
         * @description Told of your tasks by signed POSTs (Standard Webhooks), at least once each. The secret is in this answer and in no other.
         */
        post: operations["postWebhooks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a webhook */
        get: operations["getWebhooksById"];
        put?: never;
        post?: never;
        /** Delete a webhook and its deliveries */
        delete: operations["deleteWebhooksById"];
        options?: never;
        head?: never;
        /** Change, disable or enable a webhook */
        patch: operations["patchWebhooksById"];
        trace?: never;
    };
    "/api/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What was sent, newest first */
        get: operations["getWebhooksByIdDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/{id}/deliveries/{deliveryId}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send one again, under its webhook-id */
        post: operations["postWebhooksByIdDeliveriesByDeliveryIdRedeliver"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/{id}/redeliver-failed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send again all that failed since a time */
        post: operations["postWebhooksByIdRedeliverFailed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/{id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Get a new secret; for 24 hours the old one signs as well */
        post: operations["postWebhooksByIdRotateSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send a test event now and see the answer */
        post: operations["postWebhooksByIdTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/webhooks/callback-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The secret your callbackUrls are signed with */
        get: operations["getWebhooksCallbackSecret"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Is the process alive */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Figures for Prometheus
         * @description Administrators only: scrape it with an API key that has the scope admin.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Can it serve */
        get: operations["getReady"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the models that the channels offer */
        get: operations["getV1Models"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read one model */
        get: operations["getV1ModelsByModel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/video/generations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Create a video, as clients of New API ask for it */
        post: operations["postV1VideoGenerations"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/video/generations/{task_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a video's state, as clients of New API do */
        get: operations["getV1VideoGenerationsByTaskId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/videos": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List my videos */
        get: operations["getV1Videos"];
        put?: never;
        /**
         * Create a video
         * @description JSON or multipart/form-data, as the SDKs send it.
         */
        post: operations["postV1Videos"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/videos/{video_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a video's state */
        get: operations["getV1VideosByVideoId"];
        put?: never;
        post?: never;
        /**
         * Delete a video
         * @description One that is being made is cancelled first; where that cannot be, 409.
         */
        delete: operations["deleteV1VideosByVideoId"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/videos/{video_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a video that is being made
         * @description Not in OpenAI's API; other servers have it under this path. What cannot be cancelled stays as it is.
         */
        post: operations["postV1VideosByVideoIdCancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/videos/{video_id}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the bytes of a finished video
         * @description One Range at a time, ETag, If-Range, If-None-Match and HEAD are honoured. Never a 2xx before the video is there.
         */
        get: operations["getV1VideosByVideoIdContent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        /**
         * Read the bytes of a finished video
         * @description One Range at a time, ETag, If-Range, If-None-Match and HEAD are honoured. Never a 2xx before the video is there.
         */
        head: operations["headV1VideosByVideoIdContent"];
        patch?: never;
        trace?: never;
    };
    "/v1/videos/{video_id}/remix": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Remix a finished video */
        post: operations["postV1VideosByVideoIdRemix"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/videos/characters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List my characters
         * @description Not in OpenAI's API.
         */
        get: operations["getV1VideosCharacters"];
        put?: never;
        /** Create a character from a video */
        post: operations["postV1VideosCharacters"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/videos/characters/{character_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a character */
        get: operations["getV1VideosCharactersByCharacterId"];
        put?: never;
        post?: never;
        /**
         * Delete a character
         * @description Not in OpenAI's API.
         */
        delete: operations["deleteV1VideosCharactersByCharacterId"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/videos/edits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Edit a video
         * @description Where the channel's provider can.
         */
        post: operations["postV1VideosEdits"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/videos/extensions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a video longer
         * @description By `seconds`, where the channel's provider can; the result's `seconds` are the whole.
         */
        post: operations["postV1VideosExtensions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** Account */
        Account: {
            id: string;
            role: "admin" | "user";
            username: string;
        };
        /** ApiKey */
        ApiKey: {
            /** Format: date-time */
            createdAt: string;
            expiresAt: string | null;
            id: string;
            /** @description How it ends */
            last4: string;
            lastUsedAt: string | null;
            name: string;
            /** @description How the key begins */
            prefix: string;
            requestsPerMinute: number | null;
            /** @description tasks:read: tasks, streams and webhooks; tasks:write: everything that changes them; admin: users, channels and /metrics, with an administrator's key only */
            scopes: ("tasks:read" | "tasks:write" | "admin")[];
        };
        /** Batch */
        Batch: {
            batchId: string;
            counts: {
                CANCELLED: number;
                COMPLETED: number;
                FAILED: number;
                PROCESSING: number;
                QUEUED: number;
            };
            /** Format: date-time */
            createdAt: string;
            items: components["schemas"]["Task"][];
            nextCursor: string | null;
            /** @description The mean of its tasks; one that ended counts 100, however it ended */
            progress: number;
            /**
             * @description COMPLETED once no task is unfinished, however they ended
             * @enum {unknown}
             */
            status: "PROCESSING" | "COMPLETED";
            /** @description Its tasks; refused items and deleted tasks are none */
            total: number;
        };
        /** BatchCancelled */
        BatchCancelled: {
            items: {
                /** @description Why it was refused; never changes */
                code?: string;
                /** @description The same for a person */
                error?: string;
                hint?: string;
                /** @enum {unknown} */
                outcome?: "cancelled" | "requested" | "tooLate" | "unsupported";
                videoId: string;
            }[];
        };
        /**
         * BatchItem
         * @description As the body of POST /api/video/tasks; with `remixFrom`, a videoId, as that of a remix. images only as data URLs
         */
        BatchItem: {
            [key: string]: unknown;
        };
        /**
         * BatchItemResult
         * @description A videoId, or why not
         */
        BatchItemResult: {
            /** @description Why it was refused; never changes */
            code?: string;
            details?: {
                field: string;
                message: string;
            }[];
            /** @description The same for a person */
            error?: string;
            /** @description The first field that is to be corrected */
            field?: string;
            hint?: string;
            /** @description The place in items, from 0 */
            index: number;
            /**
             * @description Its clientRequestId made this task before; it is not one of this batch
             * @constant
             */
            repeated?: true;
            videoId?: string;
        };
        /** BatchReceipt */
        BatchReceipt: {
            accepted: number;
            batchId: string;
            items: components["schemas"]["BatchItemResult"][];
            refused: number;
        };
        /** BatchRequest */
        BatchRequest: {
            /** @description All or none: the first refused item refuses the batch */
            atomic?: boolean;
            /** @description Makes the batch repeatable, as Idempotency-Key does */
            clientRequestId?: string;
            /** @description For every item that does not say otherwise */
            defaults?: {
                /** @description Like 16:9; instead of size */
                aspectRatio?: string;
                /** @description With sound, or without */
                audio?: boolean;
                /** @description https; told how this task ends, signed with the secret of GET /api/webhooks/callback-secret */
                callbackUrl?: string;
                /** @description One of the model's, or in words */
                cameraMotion?: string;
                channelId?: string;
                /** @description Seconds */
                duration?: number;
                /** @description What the video begins with, as inputReference; file part first_frame */
                firstFrame?: string;
                /** @description Frames a second */
                fps?: number;
                /** @description An image: https URL or data URL; PNG, JPEG or WebP up to 10 MiB. In multipart the file part input_reference */
                inputReference?: string;
                /** @description What it ends with; file part last_frame */
                lastFrame?: string;
                /** @description Your own keys, up to 4 KiB; type, remix_from and remix_from_external are the server's */
                metadata?: {
                    [key: string]: unknown;
                };
                /** @description Default: the channel's first; for a remix the source's */
                model?: string;
                /** @description What it is not to show */
                negativePrompt?: string;
                /** @description Provider-specific, passed through */
                parameters?: {
                    [key: string]: unknown;
                };
                /** @description What the video shows */
                prompt?: string;
                /** @description Who or what it is to show, up to 10, as many as the model takes; file part reference_images, as often */
                referenceImages?: string[];
                /** @description The videoId of the video to remix; without it a new video is made */
                remixFrom?: string;
                /** @description The same as duration */
                seconds?: number | string;
                seed?: number;
                /** @description Width x height in pixels, like 720x1280 */
                size?: string;
                /** @description How far it may leave the image or video it is made from: 0 not at all, 1 as it likes */
                strength?: number;
                /** @description One of the model's, or in words */
                style?: string;
                watermark?: boolean;
            };
            items?: components["schemas"]["BatchItem"][];
            /** @description Instead of items: every source remixed with every prompt, 500 together at most; the sources' order first */
            matrix?: {
                prompts: string[];
                /** @description videoIds to remix */
                sources: string[];
            };
        };
        /** BatchRetried */
        BatchRetried: {
            items: {
                /** @description Why it was refused; never changes */
                code?: string;
                /** @description The same for a person */
                error?: string;
                hint?: string;
                /** @constant */
                outcome?: "queued";
                videoId: string;
            }[];
        };
        /** BatchSummary */
        BatchSummary: {
            batchId: string;
            counts: {
                CANCELLED: number;
                COMPLETED: number;
                FAILED: number;
                PROCESSING: number;
                QUEUED: number;
            };
            /** Format: date-time */
            createdAt: string;
            /** @description The mean of its tasks; one that ended counts 100, however it ended */
            progress: number;
            /**
             * @description COMPLETED once no task is unfinished, however they ended
             * @enum {unknown}
             */
            status: "PROCESSING" | "COMPLETED";
            /** @description Its tasks; refused items and deleted tasks are none */
            total: number;
        };
        /**
         * BatchUpdate
         * @description No task of the batch is unfinished any more; how they ended. Carries an id to resume after. Comes again when that is so once more, after a retry
         */
        BatchUpdate: {
            payload: {
                batchId: string;
                counts: {
                    CANCELLED: number;
                    COMPLETED: number;
                    FAILED: number;
                    PROCESSING: number;
                    QUEUED: number;
                };
                /** @constant */
                progress: 100;
                /** @constant */
                status: "COMPLETED";
                total: number;
            };
            /** @description Milliseconds since 1970 */
            timestamp: number;
            /** @constant */
            type: "batchUpdate";
        };
        /** Channel */
        Channel: {
            apiKeySetAt: string | null;
            baseUrl: string | null;
            concurrency: number | null;
            /** Format: date-time */
            createdAt: string;
            dialect: ("openai" | "azure" | "litellm" | "sglang" | "vllm-omni" | "new-api" | "generic" | "inworld") | null;
            enabled: boolean;
            hasApiKey: boolean;
            hasWebhookSecret: boolean;
            id: string;
            modelAliases: {
                [key: string]: string;
            };
            models: string[] | null;
            name: string;
            pollConcurrency: number | null;
            pollsPerSecond: number | null;
            prices: {
                [key: string]: {
                    amount: number;
                    currency: string;
                    /** @enum {unknown} */
                    per: "video" | "second";
                };
            };
            /** @description Higher ones are asked first */
            priority: number;
            requestsPerMinute: number | null;
            /**
             * @description env follows the variables UPSTREAM_*; builtin is the sandbox
             * @enum {unknown}
             */
            source: "api" | "env" | "builtin";
            type: string;
            /** Format: date-time */
            updatedAt: string;
            /** @description How the tasks of one priority are shared out */
            weight: number;
        };
        /** ChannelHealth */
        ChannelHealth: {
            lastError: {
                /** Format: date-time */
                at: string;
                code: string;
                message: string | null;
            } | null;
            /** @description From sending to acceptance, and from there to the finished video */
            latencyMs: {
                accept: {
                    p50: number | null;
                    p95: number | null;
                };
                complete: {
                    p50: number | null;
                    p95: number | null;
                };
            };
            minutes: number;
            rateLimitedUntil: string | null;
            refusedUntil: string | null;
            results: {
                completed: number;
                failed: number;
            };
            submissions: {
                accepted: number;
                refused: number;
                sent: number;
                unknown: number;
                unsent: number;
            };
            successRate: number | null;
            /** @description Now */
            tasks: {
                /** @description Running ones whose last poll had no answer */
                failingPolls: number;
                queued: number;
                running: number;
                submitting: number;
            };
            /** @description Only what the process that answers knows, since its start */
            thisProcess: {
                /** @enum {unknown} */
                breaker: "closed" | "open" | "half-open";
                pollLatencyMs: {
                    p50: number | null;
                    p95: number | null;
                };
                polls: {
                    [key: string]: number;
                };
            };
        };
        /** ChannelOffer */
        ChannelOffer: {
            /** @description null: not known, the provider decides */
            aspectRatios: string[] | null;
            cancel: boolean;
            channelId: string;
            channelName: string;
            characters: boolean;
            /** @description What a remix, an edit or an extension takes beside prompt and shape */
            derived: {
                /** @description inputReference */
                image: boolean;
                parameters: {
                    audio: boolean;
                    /** @description false: not taken; true: any; a list: one of these */
                    cameraMotion: boolean | string[];
                    /** @description false: not taken; true: any; a list: one of these */
                    fps: boolean | number[];
                    negativePrompt: boolean;
                    seed: boolean;
                    strength: boolean;
                    /** @description false: not taken; true: any; a list: one of these */
                    style: boolean | string[];
                    watermark: boolean;
                };
            };
            edit: boolean;
            /** @description As long as half of its tasks took lately; null while too few are known */
            estimatedSeconds: number | null;
            extend: boolean;
            inputs: {
                firstFrame: boolean;
                /** @description inputReference */
                image: boolean;
                lastFrame: boolean;
                /** @description How many at most */
                referenceImages: number;
                /** @description Whether they can come with an image that the video begins or ends with */
                referencesWithFrames: boolean;
            };
            /** @description What it makes no new video without; a model that needs a video only remixes, edits or extends */
            needs: ("image" | "video") | null;
            parameters: {
                audio: boolean;
                /** @description false: not taken; true: any; a list: one of these */
                cameraMotion: boolean | string[];
                /** @description false: not taken; true: any; a list: one of these */
                fps: boolean | number[];
                negativePrompt: boolean;
                seed: boolean;
                strength: boolean;
                /** @description false: not taken; true: any; a list: one of these */
                style: boolean | string[];
                watermark: boolean;
            };
            /** @description As set for the channel; nothing is billed by it */
            price: {
                amount: number;
                currency: string;
                /** @enum {unknown} */
                per: "video" | "second";
            } | null;
            /** @description Whether the provider reports it; else it is estimated */
            progress: boolean;
            remix: boolean;
            /** @description null: not known, the provider decides */
            seconds: number[] | null;
            /** @description null: not known, the provider decides */
            sizes: string[] | null;
        };
        /** ChannelTest */
        ChannelTest: {
            error: {
                /** @description auth, quota, rate_limit, invalid_input, unavailable, unreadable, unknown, or unsupported */
                class: string;
                httpStatus: number | null;
                message: string;
            } | null;
            latencyMs: number;
            ok: boolean;
        };
        /** Character */
        Character: {
            /** @description Seconds since 1970 */
            created_at: number;
            id: string;
            name: string;
        };
        /** CharacterDeleted */
        CharacterDeleted: {
            /** @constant */
            deleted: true;
            id: string;
            /** @constant */
            object: "character.deleted";
        };
        /** CharacterForm */
        CharacterForm: {
            name: string;
            /**
             * Format: binary
             * @description MP4, QuickTime or WebM by its bytes, up to 50 MiB
             */
            video: string;
        };
        /** CharacterList */
        CharacterList: {
            data: components["schemas"]["Character"][];
            /** @constant */
            object: "list";
        };
        /** CharacterRequest */
        CharacterRequest: {
            name: string;
        };
        /**
         * Error
         * @description Refused or failed: the code says why, the hint what to do next
         */
        Error: {
            /** @description Never changes; for programs */
            code: string;
            details?: {
                field: string;
                message: string;
            }[];
            /** @description A sentence for a person, in the language of Accept-Language */
            error: string;
            /** @description What to do next */
            hint: string;
            requestId: string;
            requestTime: number;
            /** @constant */
            success: false;
            /** @description The task that was written before the refusal */
            videoId?: string;
        };
        /** ErrorCatalogue */
        ErrorCatalogue: {
            errors: {
                code: string;
                en: {
                    error: string;
                    hint: string;
                };
                /** @description Whether a task can have it as errorCode */
                onTasks: boolean;
                /** @description Of HTTP; of a code that only stands on tasks, the one that a refusal would have */
                status: number;
                "zh-CN": {
                    error: string;
                    hint: string;
                };
            }[];
            /** @description What went wrong at the provider, as `detail.class` in a timeline, and the hint that comes with UPSTREAM_REFUSED and UPSTREAM_FAILED then */
            failureClasses: {
                class: string;
                en: string;
                "zh-CN": string;
            }[];
        };
        /** Frame */
        Frame: components["schemas"]["TaskUpdate"] | components["schemas"]["BatchUpdate"] | components["schemas"]["SnapshotEnd"] | components["schemas"]["Reset"];
        /** Lineage */
        Lineage: {
            focusId: string;
            nextCursor: string | null;
            nodes: components["schemas"]["LineageNode"][];
            /** @description The topmost ancestor, also when only a part of its tree was asked for */
            rootId: string;
        };
        /** LineageNode */
        LineageNode: {
            /** Format: date-time */
            createdAt: string;
            /** @description A tombstone: the task is gone, its place in the tree stays */
            deleted: boolean;
            /** @description Steps from the root */
            depth: number;
            errorCode: string | null;
            model: string;
            parentId: string | null;
            progress: number;
            prompt: string;
            /** @enum {unknown} */
            status: "QUEUED" | "PROCESSING" | "COMPLETED" | "FAILED" | "CANCELLED";
            thumbnailUrl: string | null;
            /** @enum {unknown} */
            type: "generation" | "remix" | "edit" | "extend";
            videoId: string;
        };
        /** Model */
        Model: {
            /** @description Seconds since 1970 */
            created: number;
            id: string;
            /** @constant */
            object: "model";
            owned_by: string;
        };
        /** ModelList */
        ModelList: {
            data: components["schemas"]["Model"][];
            /** @constant */
            object: "list";
        };
        /** NewApiKey */
        NewApiKey: {
            /** Format: date-time */
            createdAt: string;
            expiresAt: string | null;
            id: string;
            /** @description Shown only now: rl_, 43 letters and digits, _, a checksum of 6 */
            key: string;
            /** @description How it ends */
            last4: string;
            lastUsedAt: string | null;
            name: string;
            /** @description How the key begins */
            prefix: string;
            requestsPerMinute: number | null;
            /** @description tasks:read: tasks, streams and webhooks; tasks:write: everything that changes them; admin: users, channels and /metrics, with an administrator's key only */
            scopes: ("tasks:read" | "tasks:write" | "admin")[];
        };
        /** NewWebhook */
        NewWebhook: {
            /** Format: date-time */
            createdAt: string;
            disabled: boolean;
            disabledReason: ("user" | "gone" | "failing") | null;
            events: ("task.created" | "task.processing" | "task.completed" | "task.failed" | "task.cancelled" | "batch.completed" | "video.completed" | "video.failed")[];
            failingSince: string | null;
            /**
             * @description openai: the payload OpenAI sends, with the video's id alone
             * @enum {unknown}
             */
            format: "reelay" | "openai";
            id: string;
            name: string | null;
            pausedUntil: string | null;
            /** @description Shown only now: whsec_ and base64, as every Standard Webhooks library takes it */
            secret: string;
            /** Format: date-time */
            updatedAt: string;
            url: string;
        };
        /**
         * OfferedModel
         * @description What one channel or another can do
         */
        OfferedModel: {
            /** @description null: not known, the provider decides */
            aspectRatios: string[] | null;
            cancel: boolean;
            /** @description Which of them can do what, the preferred first; a request is made by one that can do all of it */
            channels: components["schemas"]["ChannelOffer"][];
            characters: boolean;
            /** @description What a remix, an edit or an extension takes beside prompt and shape */
            derived: {
                /** @description inputReference */
                image: boolean;
                parameters: {
                    audio: boolean;
                    /** @description false: not taken; true: any; a list: one of these */
                    cameraMotion: boolean | string[];
                    /** @description false: not taken; true: any; a list: one of these */
                    fps: boolean | number[];
                    negativePrompt: boolean;
                    seed: boolean;
                    strength: boolean;
                    /** @description false: not taken; true: any; a list: one of these */
                    style: boolean | string[];
                    watermark: boolean;
                };
            };
            edit: boolean;
            /** @description As long as half of its tasks took lately; null while too few are known */
            estimatedSeconds: number | null;
            extend: boolean;
            inputs: {
                firstFrame: boolean;
                /** @description inputReference */
                image: boolean;
                lastFrame: boolean;
                /** @description How many at most */
                referenceImages: number;
                /** @description Whether they can come with an image that the video begins or ends with */
                referencesWithFrames: boolean;
            };
            name: string;
            /** @description What it makes no new video without; a model that needs a video only remixes, edits or extends */
            needs: ("image" | "video") | null;
            parameters: {
                audio: boolean;
                /** @description false: not taken; true: any; a list: one of these */
                cameraMotion: boolean | string[];
                /** @description false: not taken; true: any; a list: one of these */
                fps: boolean | number[];
                negativePrompt: boolean;
                seed: boolean;
                strength: boolean;
                /** @description false: not taken; true: any; a list: one of these */
                style: boolean | string[];
                watermark: boolean;
            };
            /** @description Whether the provider reports it; else it is estimated */
            progress: boolean;
            remix: boolean;
            /** @description null: not known, the provider decides */
            seconds: number[] | null;
            /** @description null: not known, the provider decides */
            sizes: string[] | null;
        };
        /**
         * OpenAIError
         * @description Refused or failed. `x-should-retry: false` says that a repeat would not help
         */
        OpenAIError: {
            error: {
                code: string | null;
                message: string;
                param: string | null;
                type: string;
            };
        };
        /** Receipt */
        Receipt: {
            externalTaskId: string | null;
            message: string;
            progress: number;
            /** @enum {unknown} */
            status: "processing" | "queued";
            videoId: string;
        };
        /** Rehearsal */
        Rehearsal: {
            channelId: string;
            channelName: string;
            /** @constant */
            dryRun: true;
            estimatedSeconds: number | null;
            model: string;
            /** @description What would be sent; files by type and size */
            request: {
                [key: string]: unknown;
            };
            /** @description What the provider calls it */
            upstreamModel: string;
            warnings: string[];
        };
        /** RemixReceipt */
        RemixReceipt: {
            externalTaskId: string | null;
            message: string;
            remixed_from: string;
            /** @enum {unknown} */
            status: "processing" | "queued";
            videoId: string;
        };
        /**
         * Reset
         * @description The cursor is too old or unknown: read the list again
         */
        Reset: {
            /** @constant */
            type: "reset";
        };
        /** Session */
        Session: {
            /** Format: date-time */
            createdAt: string;
            /** @description The session this request belongs to */
            current: boolean;
            /** Format: date-time */
            expiresAt: string;
            id: string;
            ip: string | null;
            /** Format: date-time */
            lastSeenAt: string;
            userAgent: string | null;
        };
        /**
         * SnapshotEnd
         * @description The active tasks have been told; from here on come changes
         */
        SnapshotEnd: {
            /** @description There are more active tasks: list them */
            truncated: boolean;
            /** @constant */
            type: "snapshotEnd";
        };
        /** Task */
        Task: {
            aspectRatio: string | null;
            attempt: number;
            batchId: string | null;
            channelId: string;
            clientRequestId: string | null;
            completedAt: string | null;
            /** Format: date-time */
            createdAt: string;
            duration: number | null;
            errorCode: string | null;
            errorHint: string | null;
            errorMessage: string | null;
            estimatedCompletionAt: string | null;
            expiresAt: string | null;
            externalTaskId: string | null;
            metadata: {
                [key: string]: unknown;
            };
            model: string;
            options: components["schemas"]["TaskOptions"];
            pollCount: number;
            progress: number;
            /** @enum {unknown} */
            progressSource: "reported" | "estimated";
            prompt: string;
            queuePosition: number | null;
            remixCount: number;
            remixedFrom: string | null;
            size: string | null;
            /** @description accepted, submitting, confirming, waiting, generating, saving, quarantined, or the final status in lower case */
            stage: string;
            startedAt: string | null;
            /** @enum {unknown} */
            status: "QUEUED" | "PROCESSING" | "COMPLETED" | "FAILED" | "CANCELLED";
            thumbnailUrl: string | null;
            /** @enum {unknown} */
            type: "generation" | "remix" | "edit" | "extend";
            /** Format: date-time */
            updatedAt: string;
            videoId: string;
            videoUrl: string | null;
        };
        /** TaskEvent */
        TaskEvent: {
            attempt: number;
            /** Format: date-time */
            createdAt: string;
            detail: unknown;
            error: string | null;
            errorCode: string | null;
            /** @enum {unknown} */
            kind: "status" | "note";
            progress: number;
            stage: string;
            /** @enum {unknown} */
            status: "QUEUED" | "PROCESSING" | "COMPLETED" | "FAILED" | "CANCELLED";
        };
        /** TaskForm */
        TaskForm: {
            /** @description Like 16:9; instead of size */
            aspectRatio?: string;
            /** @description With sound, or without */
            audio?: boolean;
            /** @description https; told how this task ends, signed with the secret of GET /api/webhooks/callback-secret */
            callbackUrl?: string;
            /** @description One of the model's, or in words */
            cameraMotion?: string;
            channelId?: string;
            /** @description Makes the request repeatable, as Idempotency-Key does */
            clientRequestId?: string;
            /** @description Only say what would happen: answered with 200, nothing is kept and nothing is sent */
            dryRun?: boolean;
            /** @description Seconds */
            duration?: number;
            /**
             * Format: binary
             * @description As input_reference
             */
            first_frame?: string;
            /** @description What the video begins with, as inputReference; file part first_frame */
            firstFrame?: string;
            /** @description Frames a second */
            fps?: number;
            /**
             * Format: binary
             * @description The image as a file: PNG, JPEG or WebP by its bytes, up to 10 MiB
             */
            input_reference?: string;
            /** @description An image: https URL or data URL; PNG, JPEG or WebP up to 10 MiB. In multipart the file part input_reference */
            inputReference?: string;
            /**
             * Format: binary
             * @description As input_reference
             */
            last_frame?: string;
            /** @description What it ends with; file part last_frame */
            lastFrame?: string;
            /** @description A JSON object, as text */
            metadata?: string;
            /** @description Default: the channel's first; for a remix the source's */
            model?: string;
            /** @description What it is not to show */
            negativePrompt?: string;
            /** @description A JSON object, as text */
            parameters?: string;
            /** @description What the video shows */
            prompt: string;
            reference_images?: string[];
            /** @description A JSON list, as text */
            referenceImages?: string;
            /** @description The same as duration */
            seconds?: number | string;
            seed?: number;
            /** @description Width x height in pixels, like 720x1280 */
            size?: string;
            /** @description How far it may leave the image or video it is made from: 0 not at all, 1 as it likes */
            strength?: number;
            /** @description One of the model's, or in words */
            style?: string;
            watermark?: boolean;
        };
        /**
         * TaskOptions
         * @description What else was asked for
         */
        TaskOptions: {
            /** @description With sound, or without */
            audio?: boolean;
            /** @description One of the model's, or in words */
            cameraMotion?: string;
            characters?: string[];
            /** @description Frames a second */
            fps?: number;
            /** @description What it is not to show */
            negativePrompt?: string;
            /** @description Provider-specific, passed through */
            parameters?: {
                [key: string]: unknown;
            };
            seed?: number;
            /** @description How far it may leave the image or video it is made from: 0 not at all, 1 as it likes */
            strength?: number;
            /** @description One of the model's, or in words */
            style?: string;
            watermark?: boolean;
        };
        /** TaskRequest */
        TaskRequest: {
            /** @description Like 16:9; instead of size */
            aspectRatio?: string;
            /** @description With sound, or without */
            audio?: boolean;
            /** @description https; told how this task ends, signed with the secret of GET /api/webhooks/callback-secret */
            callbackUrl?: string;
            /** @description One of the model's, or in words */
            cameraMotion?: string;
            channelId?: string;
            /** @description Makes the request repeatable, as Idempotency-Key does */
            clientRequestId?: string;
            /** @description Only say what would happen: answered with 200, nothing is kept and nothing is sent */
            dryRun?: boolean;
            /** @description Seconds */
            duration?: number;
            /** @description What the video begins with, as inputReference; file part first_frame */
            firstFrame?: string;
            /** @description Frames a second */
            fps?: number;
            /** @description An image: https URL or data URL; PNG, JPEG or WebP up to 10 MiB. In multipart the file part input_reference */
            inputReference?: string;
            /** @description What it ends with; file part last_frame */
            lastFrame?: string;
            /** @description Your own keys, up to 4 KiB; type, remix_from and remix_from_external are the server's */
            metadata?: {
                [key: string]: unknown;
            };
            /** @description Default: the channel's first; for a remix the source's */
            model?: string;
            /** @description What it is not to show */
            negativePrompt?: string;
            /** @description Provider-specific, passed through */
            parameters?: {
                [key: string]: unknown;
            };
            /** @description What the video shows */
            prompt: string;
            /** @description Who or what it is to show, up to 10, as many as the model takes; file part reference_images, as often */
            referenceImages?: string[];
            /** @description The same as duration */
            seconds?: number | string;
            seed?: number;
            /** @description Width x height in pixels, like 720x1280 */
            size?: string;
            /** @description How far it may leave the image or video it is made from: 0 not at all, 1 as it likes */
            strength?: number;
            /** @description One of the model's, or in words */
            style?: string;
            watermark?: boolean;
        };
        /**
         * TaskUpdate
         * @description A task as it is now. Changes of status carry an id to resume after; progress does not
         */
        TaskUpdate: {
            payload: {
                attempt: number;
                clientRequestId: string | null;
                error: string | null;
                errorCode: string | null;
                externalTaskId: string | null;
                metadata: {
                    [key: string]: unknown;
                };
                progress: number;
                remixedFrom: string | null;
                /** @description accepted, submitting, confirming, waiting, generating, saving, quarantined, or the final status in lower case */
                stage: string;
                /** @enum {unknown} */
                status: "QUEUED" | "PROCESSING" | "COMPLETED" | "FAILED" | "CANCELLED";
                thumbnailUrl: string | null;
                /** @enum {unknown} */
                type: "generation" | "remix" | "edit" | "extend";
                videoId: string;
                videoUrl: string | null;
            };
            /** @description Milliseconds since 1970 */
            timestamp: number;
            /** @constant */
            type: "taskUpdate";
        };
        /** Updates */
        Updates: {
            /** @description Give it back as lastEventId */
            lastEventId: string;
            /** @description The cursor was too old or not ours: read the list again */
            reset: boolean;
            updates: components["schemas"]["Frame"][];
        };
        /** User */
        User: {
            /** Format: date-time */
            createdAt: string;
            disabled: boolean;
            id: string;
            role: "admin" | "user";
            username: string;
        };
        /** Video */
        Video: {
            completed_at: number | null;
            /** @description Seconds since 1970 */
            created_at: number;
            error: {
                code: string;
                message: string;
            } | null;
            expires_at: number | null;
            id: string;
            model: string;
            /** @constant */
            object: "video";
            progress: number;
            prompt: string | null;
            remixed_from_video_id: string | null;
            seconds: string;
            size: string;
            /** @enum {unknown} */
            status: "queued" | "in_progress" | "completed" | "failed";
        };
        /** VideoDeleted */
        VideoDeleted: {
            /** @constant */
            deleted: true;
            id: string;
            /** @constant */
            object: "video.deleted";
        };
        /** VideoDerivationForm */
        VideoDerivationForm: {
            /** @description Instead of size */
            aspect_ratio?: string;
            /** @description Characters of yours that a new video shows, where the channel's provider can */
            characters?: {
                id: string;
            }[];
            /** @description An image: a file part of a form, or `{ "image_url" }` with an https or data URL */
            input_reference?: string | {
                file_id?: string;
                image_url?: string;
            };
            metadata?: {
                [key: string]: unknown;
            };
            /** @description Default: the channel's first */
            model?: string;
            negative_prompt?: string;
            prompt: string;
            seconds?: number | string;
            seed?: number;
            /** @description Width x height in pixels, like 720x1280 */
            size?: string;
            /**
             * Format: binary
             * @description MP4, QuickTime or WebM by its bytes, up to 50 MiB; or video[id]
             */
            video?: string;
            watermark?: boolean;
        };
        /** VideoEditRequest */
        VideoEditRequest: {
            /** @description Instead of size */
            aspect_ratio?: string;
            /** @description Characters of yours that a new video shows, where the channel's provider can */
            characters?: {
                id: string;
            }[];
            /** @description An image: a file part of a form, or `{ "image_url" }` with an https or data URL */
            input_reference?: string | {
                file_id?: string;
                image_url?: string;
            };
            metadata?: {
                [key: string]: unknown;
            };
            /** @description Default: the channel's first */
            model?: string;
            negative_prompt?: string;
            prompt: string;
            seconds?: number | string;
            seed?: number;
            /** @description Width x height in pixels, like 720x1280 */
            size?: string;
            /** @description A finished video of yours; or, in a form, a file part */
            video?: {
                id: string;
            };
            watermark?: boolean;
        };
        /** VideoExtensionRequest */
        VideoExtensionRequest: {
            /** @description Instead of size */
            aspect_ratio?: string;
            /** @description Characters of yours that a new video shows, where the channel's provider can */
            characters?: {
                id: string;
            }[];
            /** @description An image: a file part of a form, or `{ "image_url" }` with an https or data URL */
            input_reference?: string | {
                file_id?: string;
                image_url?: string;
            };
            metadata?: {
                [key: string]: unknown;
            };
            /** @description Default: the channel's first */
            model?: string;
            negative_prompt?: string;
            prompt: string;
            seconds: number | string;
            seed?: number;
            /** @description Width x height in pixels, like 720x1280 */
            size?: string;
            /** @description A finished video of yours; or, in a form, a file part */
            video?: {
                id: string;
            };
            watermark?: boolean;
        };
        /** VideoForm */
        VideoForm: {
            /** @description Instead of size */
            aspect_ratio?: string;
            /** @description Characters of yours that a new video shows, where the channel's provider can */
            characters?: {
                id: string;
            }[];
            /**
             * Format: binary
             * @description The image as a file; or input_reference[image_url]
             */
            input_reference?: string;
            metadata?: {
                [key: string]: unknown;
            };
            /** @description Default: the channel's first */
            model?: string;
            negative_prompt?: string;
            prompt: string;
            seconds?: number | string;
            seed?: number;
            /** @description Width x height in pixels, like 720x1280 */
            size?: string;
            watermark?: boolean;
        };
        /** VideoGeneration */
        VideoGeneration: {
            /** @constant */
            code: "success";
            data: {
                action: string;
                created_at: number;
                fail_reason: string;
                finish_time: number;
                id: string;
                /** @description Like 30% */
                progress: string;
                properties: {
                    input: string;
                    origin_model_name: string;
                };
                /** @description Needs no header, opens for 24 hours; absolute with PUBLIC_URL, else a path */
                result_url: string;
                start_time: number;
                /** @enum {unknown} */
                status: "QUEUED" | "IN_PROGRESS" | "SUCCESS" | "FAILURE";
                submit_time: number;
                task_id: string;
                updated_at: number;
            };
            message: string;
        };
        /** VideoGenerationError */
        VideoGenerationError: {
            code: string;
            data: null;
            message: string;
        };
        /** VideoGenerationForm */
        VideoGenerationForm: {
            /** @description Instead of size */
            aspect_ratio?: string;
            /** @description Characters of yours that a new video shows, where the channel's provider can */
            characters?: {
                id: string;
            }[];
            duration?: number | string;
            height?: number;
            /** @description An https or data URL, or base64 */
            image?: string;
            /** @description The first is the reference */
            images?: string[];
            /**
             * Format: binary
             * @description The image as a file; or input_reference[image_url]
             */
            input_reference?: string;
            metadata?: {
                [key: string]: unknown;
            };
            /** @description Default: the channel's first */
            model?: string;
            n?: number;
            negative_prompt?: string;
            prompt: string;
            seconds?: number | string;
            seed?: number;
            /** @description Width x height in pixels, like 720x1280 */
            size?: string;
            watermark?: boolean;
            width?: number;
        };
        /** VideoGenerationRequest */
        VideoGenerationRequest: {
            /** @description Instead of size */
            aspect_ratio?: string;
            /** @description Characters of yours that a new video shows, where the channel's provider can */
            characters?: {
                id: string;
            }[];
            duration?: number | string;
            height?: number;
            /** @description An https or data URL, or base64 */
            image?: string;
            /** @description The first is the reference */
            images?: string[];
            /** @description An image: a file part of a form, or `{ "image_url" }` with an https or data URL */
            input_reference?: string | {
                file_id?: string;
                image_url?: string;
            };
            metadata?: {
                [key: string]: unknown;
            };
            /** @description Default: the channel's first */
            model?: string;
            n?: number;
            negative_prompt?: string;
            prompt: string;
            seconds?: number | string;
            seed?: number;
            /** @description Width x height in pixels, like 720x1280 */
            size?: string;
            watermark?: boolean;
            width?: number;
        };
        /** VideoGenerationSubmitted */
        VideoGenerationSubmitted: {
            completed_at: number | null;
            /** @description Seconds since 1970 */
            created_at: number;
            error: {
                code: string;
                message: string;
            } | null;
            expires_at: number | null;
            id: string;
            model: string;
            /** @constant */
            object: "video";
            progress: number;
            prompt: string | null;
            remixed_from_video_id: string | null;
            seconds: string;
            size: string;
            /** @enum {unknown} */
            status: "queued" | "in_progress" | "completed" | "failed";
            task_id: string;
        };
        /** VideoList */
        VideoList: {
            data: components["schemas"]["Video"][];
            first_id: string | null;
            has_more: boolean;
            last_id: string | null;
            /** @constant */
            object: "list";
        };
        /** VideoRequest */
        VideoRequest: {
            /** @description Instead of size */
            aspect_ratio?: string;
            /** @description Characters of yours that a new video shows, where the channel's provider can */
            characters?: {
                id: string;
            }[];
            /** @description An image: a file part of a form, or `{ "image_url" }` with an https or data URL */
            input_reference?: string | {
                file_id?: string;
                image_url?: string;
            };
            metadata?: {
                [key: string]: unknown;
            };
            /** @description Default: the channel's first */
            model?: string;
            negative_prompt?: string;
            prompt: string;
            seconds?: number | string;
            seed?: number;
            /** @description Width x height in pixels, like 720x1280 */
            size?: string;
            watermark?: boolean;
        };
        /** Webhook */
        Webhook: {
            /** Format: date-time */
            createdAt: string;
            disabled: boolean;
            disabledReason: ("user" | "gone" | "failing") | null;
            events: ("task.created" | "task.processing" | "task.completed" | "task.failed" | "task.cancelled" | "batch.completed" | "video.completed" | "video.failed")[];
            failingSince: string | null;
            /**
             * @description openai: the payload OpenAI sends, with the video's id alone
             * @enum {unknown}
             */
            format: "reelay" | "openai";
            id: string;
            name: string | null;
            pausedUntil: string | null;
            /** Format: date-time */
            updatedAt: string;
            url: string;
        };
        /** WebhookDelivery */
        WebhookDelivery: {
            attempts: number;
            /** Format: date-time */
            createdAt: string;
            deliveredAt: string | null;
            error: string | null;
            eventType: string;
            /** @description The webhook-id of every try */
            id: string;
            lastAttemptAt: string | null;
            nextAttemptAt: string | null;
            payload: string | null;
            responseExcerpt: string | null;
            responseStatus: number | null;
            /** @enum {unknown} */
            status: "pending" | "delivered" | "failed";
            /** @description The task it tells of; of a batch, the one that ended last */
            videoId: string;
        };
        /** WebhookTest */
        WebhookTest: {
            delivered: boolean;
            error: string | null;
            responseExcerpt: string | null;
            responseStatus: number | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    postAuthLogin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    password: string;
                    username: string;
                };
            };
        };
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            /** @description Milliseconds since 1970 */
                            expiresAt: number;
                            /** @description Send it as "Authorization: Bearer …" */
                            token: string;
                            user: components["schemas"]["Account"];
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    postAuthLogout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            endedSessions: number;
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    getAuthMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Account"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    postAuthPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    currentPassword: string;
                    newPassword: string;
                };
            };
        };
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            endedSessions: number;
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    getAuthSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            sessions: components["schemas"]["Session"][];
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    deleteAuthSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            endedSessions: number;
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    deleteAuthSessionsById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            endedSessions: number;
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    getChannels: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            channels: components["schemas"]["Channel"][];
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    postChannels: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Sealed, sent to the host of baseUrl only, and in no answer */
                    apiKey: string;
                    /** @description As the adapter wants it: for openai it ends with /v1, for sora-relay before /sora/v1 */
                    baseUrl: string;
                    /** @description Tasks it has in hand at most; more wait here */
                    concurrency?: number;
                    /** @description How the provider deviates from its protocol (openai only) */
                    dialect?: string;
                    enabled?: boolean;
                    /** @description Names that clients may use, each with what the provider is asked for; offered beside models, or in place of an equal name there */
                    modelAliases?: {
                        [key: string]: string;
                    };
                    /** @description What clients may name, the default first; * takes any. null: what the adapter knows */
                    models?: string[];
                    name: string;
                    /** @description Polls under way at once in one process at most; 256 unless set */
                    pollConcurrency?: number;
                    /** @description Polls a second of all processes at most */
                    pollsPerSecond?: number;
                    /** @description By model, to be shown; nothing is billed by it */
                    prices?: {
                        [key: string]: {
                            amount: number;
                            currency: string;
                            /** @enum {unknown} */
                            per: "video" | "second";
                        };
                    };
                    /** @description Higher ones are asked first */
                    priority?: number;
                    /** @description Submissions a minute at most */
                    requestsPerMinute?: number;
                    /** @enum {unknown} */
                    type: "sora-relay" | "openai" | "fal" | "runway" | "ark";
                    /** @description What the provider signs its events with; in no answer */
                    webhookSecret?: string;
                    /** @description How the tasks of one priority are shared out */
                    weight?: number;
                };
            };
        };
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Channel"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    getChannelsByChannelId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                channelId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Channel"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    deleteChannelsByChannelId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                channelId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            /** @constant */
                            deleted: true;
                            id: string;
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    patchChannelsByChannelId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                channelId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Sealed, sent to the host of baseUrl only, and in no answer */
                    apiKey?: string;
                    /** @description As the adapter wants it: for openai it ends with /v1, for sora-relay before /sora/v1 */
                    baseUrl?: string;
                    concurrency?: number | null;
                    dialect?: string | null;
                    enabled?: boolean;
                    modelAliases?: {
                        [key: string]: string;
                    } | null;
                    models?: string[] | null;
                    name?: string;
                    pollConcurrency?: number | null;
                    pollsPerSecond?: number | null;
                    prices?: {
                        [key: string]: {
                            amount: number;
                            currency: string;
                            /** @enum {unknown} */
                            per: "video" | "second";
                        };
                    } | null;
                    /** @description Higher ones are asked first */
                    priority?: number;
                    requestsPerMinute?: number | null;
                    webhookSecret?: string | null;
                    /** @description How the tasks of one priority are shared out */
                    weight?: number;
                };
            };
        };
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Channel"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    getChannelsByChannelIdHealth: {
        parameters: {
            query: {
                /** @description How far back */
                minutes: number;
            };
            header?: never;
            path: {
                channelId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ChannelHealth"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    postChannelsByChannelIdTest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                channelId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ChannelTest"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    getErrors: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ErrorCatalogue"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    getKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            keys: components["schemas"]["ApiKey"][];
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    postKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * Format: date-time
                     * @description Default: never
                     */
                    expiresAt?: string;
                    /** @description For you to tell your keys apart */
                    name: string;
                    /** @description Of all processes together. null: no limit of its own */
                    requestsPerMinute?: number;
                    /** @description Default: tasks:read and tasks:write */
                    scopes?: ("tasks:read" | "tasks:write" | "admin")[];
                };
            };
        };
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["NewApiKey"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    deleteKeysById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            id: string;
                            /** @constant */
                            revoked: true;
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    patchKeysById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description For you to tell your keys apart */
                    name?: string;
                    requestsPerMinute?: number | null;
                };
            };
        };
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ApiKey"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    getModels: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            models: components["schemas"]["OfferedModel"][];
                            /** @description The channels that take any other name; their providers decide */
                            otherModels: components["schemas"]["ChannelOffer"][];
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    getSseTaskUpdates: {
        parameters: {
            query?: {
                /** @description Only the tasks of this batch, and its end */
                batchId?: string;
                /** @description Resume after this id, as the header Last-Event-ID does */
                lastEventId?: string;
                /** @description Only these, comma-separated: QUEUED, PROCESSING, COMPLETED, FAILED, CANCELLED */
                status?: string;
                /** @description From POST /api/sse/tickets, for an EventSource that can send no header */
                ticket?: string;
                /** @description Only tasks of this type */
                type?: "generation" | "remix" | "edit" | "extend";
                /** @description Only this task; it begins with its state, also when it has ended */
                videoId?: string;
                /** @description Answer as JSON instead, after at most so many seconds: for networks that hold streams back */
                wait?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description A stream, each data line an Update; or, with wait, JSON */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Updates"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                    "text/event-stream": components["schemas"]["Frame"];
                };
            };
        };
    };
    postSseTickets: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            /** Format: date-time */
                            expiresAt: string;
                            ticket: string;
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    postUpstreamEventsByChannelIdBySecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                channelId: string;
                /** @description The address as a whole comes from: npm run admin -- webhook-url <channel> */
                secret: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Taken note of; also when the job is not known */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    getUsers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            users: components["schemas"]["User"][];
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    postUsers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    password: string;
                    role?: "admin" | "user";
                    username: string;
                };
            };
        };
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["User"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    patchUsersById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    disabled?: boolean;
                    password?: string;
                    role?: "admin" | "user";
                };
            };
        };
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["User"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    getVideoBatches: {
        parameters: {
            query: {
                cursor?: string;
                limit: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            batches: components["schemas"]["BatchSummary"][];
                            nextCursor: string | null;
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    postVideoBatches: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own; a repeat with it gets the first answer and makes nothing new */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "defaults": {
                 *         "model": "sora_video2",
                 *         "aspectRatio": "16:9"
                 *       },
                 *       "items": [
                 *         {
                 *           "prompt": "A small cat joins the game"
                 *         },
                 *         {
                 *           "prompt": "The same at night",
                 *           "duration": 15
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["BatchRequest"];
            };
        };
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["BatchReceipt"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    getVideoBatchesByBatchId: {
        parameters: {
            query: {
                cursor?: string;
                limit: number;
            };
            header?: never;
            path: {
                batchId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Batch"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    postVideoBatchesByBatchIdCancel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                batchId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["BatchCancelled"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    postVideoBatchesByBatchIdRetry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                batchId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    acceptDuplicateRisk?: boolean;
                } | null;
            };
        };
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["BatchRetried"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    getVideoTasks: {
        parameters: {
            query: {
                cursor?: string;
                /** @description Created at or after; a day alone begins at 00:00 UTC */
                from?: string;
                limit: number;
                model?: string;
                /** @description Words of the prompt, or an id */
                q?: string;
                /** @description Comma-separated: QUEUED, PROCESSING, COMPLETED, FAILED, CANCELLED */
                status?: string;
                /** @description Created before; a day alone begins at 00:00 UTC */
                to?: string;
                type?: "generation" | "remix" | "edit" | "extend";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            nextCursor: string | null;
                            tasks: components["schemas"]["Task"][];
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    postVideoTasks: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own; a repeat with it gets the first answer and makes nothing new */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "prompt": "A small cat joins the game",
                 *       "metadata": {
                 *         "album": "cats"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["TaskRequest"];
                "multipart/form-data": components["schemas"]["TaskForm"];
            };
        };
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Rehearsal"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Receipt"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    getVideoTasksByVideoId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The internal id, as the receipt gave it */
                videoId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Task"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    deleteVideoTasksByVideoId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The internal id, as the receipt gave it */
                videoId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            /** @constant */
                            deleted: true;
                            videoId: string;
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    postVideoTasksByVideoIdCancel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The internal id, as the receipt gave it */
                videoId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            /** @enum {unknown} */
                            outcome: "cancelled" | "requested" | "tooLate" | "unsupported";
                            task: components["schemas"]["Task"];
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    getVideoTasksByVideoIdContent: {
        parameters: {
            query?: {
                /** @description 1: to be saved by the browser rather than shown */
                download?: "0" | "1";
                /** @description Of a signed address: seconds since 1970 */
                expires?: string;
                variant?: "video" | "thumbnail" | "spritesheet";
            };
            header?: never;
            path: {
                /** @description The internal id, as the receipt gave it */
                videoId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The bytes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                    "image/png": string;
                    "image/webp": string;
                    "video/mp4": string;
                    "video/quicktime": string;
                    "video/webm": string;
                };
            };
            /** @description The bytes */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                    "image/png": string;
                    "image/webp": string;
                    "video/mp4": string;
                    "video/quicktime": string;
                    "video/webm": string;
                };
            };
            /** @description Not changed */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    headVideoTasksByVideoIdContent: {
        parameters: {
            query?: {
                /** @description 1: to be saved by the browser rather than shown */
                download?: "0" | "1";
                /** @description Of a signed address: seconds since 1970 */
                expires?: string;
                variant?: "video" | "thumbnail" | "spritesheet";
            };
            header?: never;
            path: {
                /** @description The internal id, as the receipt gave it */
                videoId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The bytes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                    "image/png": string;
                    "image/webp": string;
                    "video/mp4": string;
                    "video/quicktime": string;
                    "video/webm": string;
                };
            };
            /** @description The bytes */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                    "image/png": string;
                    "image/webp": string;
                    "video/mp4": string;
                    "video/quicktime": string;
                    "video/webm": string;
                };
            };
            /** @description Not changed */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    getVideoTasksByVideoIdEvents: {
        parameters: {
            query?: {
                lastEventId?: string;
                ticket?: string;
            };
            header?: never;
            path: {
                /** @description The internal id, as the receipt gave it */
                videoId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description The timeline, oldest first; or a stream, each data line an Update */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            events: components["schemas"]["TaskEvent"][];
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                    "text/event-stream": components["schemas"]["Frame"];
                };
            };
        };
    };
    getVideoTasksByVideoIdLineage: {
        parameters: {
            query: {
                cursor?: string;
                /** @description How many steps from the video; without direction from the root */
                depth?: number;
                /** @description Only what is above the video, or below it, itself included; without, the whole tree */
                direction?: "ancestors" | "descendants";
                /** @description A diagram as text, for documents */
                format?: "mermaid" | "dot";
                limit: number;
            };
            header?: never;
            path: {
                /** @description The internal id, as the receipt gave it */
                videoId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Nodes by their depth; or the text of a diagram */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Lineage"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                    "text/plain": string;
                };
            };
        };
    };
    postVideoTasksByVideoIdRemix: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own; a repeat with it gets the first answer and makes nothing new */
                "idempotency-key"?: string;
            };
            path: {
                /** @description The internal id, as the receipt gave it */
                videoId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "prompt": "A small cat joins the game",
                 *       "metadata": {
                 *         "album": "cats"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["TaskRequest"];
                "multipart/form-data": components["schemas"]["TaskForm"];
            };
        };
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Rehearsal"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["RemixReceipt"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    postVideoTasksByVideoIdRetry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The internal id, as the receipt gave it */
                videoId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    acceptDuplicateRisk?: boolean;
                } | null;
            };
        };
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Receipt"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    getWebhooks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            webhooks: components["schemas"]["Webhook"][];
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    postWebhooks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Of task.created, task.processing, task.completed, task.failed, task.cancelled, batch.completed; with format openai of video.completed, video.failed */
                    events?: string[];
                    /**
                     * @description openai: the payload OpenAI sends, with the video's id alone
                     * @enum {unknown}
                     */
                    format?: "reelay" | "openai";
                    name?: string;
                    /** @description https, a public address, the usual port */
                    url: string;
                };
            };
        };
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["NewWebhook"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    getWebhooksById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Webhook"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    deleteWebhooksById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            /** @constant */
                            deleted: true;
                            id: string;
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    patchWebhooksById: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    disabled?: boolean;
                    /** @description Of task.created, task.processing, task.completed, task.failed, task.cancelled, batch.completed; with format openai of video.completed, video.failed */
                    events?: string[];
                    name?: string | null;
                    /** @description https, a public address, the usual port */
                    url?: string;
                };
            };
        };
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Webhook"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    getWebhooksByIdDeliveries: {
        parameters: {
            query: {
                cursor?: string;
                limit: number;
                status?: "pending" | "delivered" | "failed";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            deliveries: components["schemas"]["WebhookDelivery"][];
                            nextCursor: string | null;
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    postWebhooksByIdDeliveriesByDeliveryIdRedeliver: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                deliveryId: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            redelivered: number;
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    postWebhooksByIdRedeliverFailed: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * Format: date-time
                     * @description Deliveries written at or after
                     */
                    since: string;
                };
            };
        };
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            redelivered: number;
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    postWebhooksByIdRotateSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["NewWebhook"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    postWebhooksByIdTest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["WebhookTest"];
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    getWebhooksCallbackSecret: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            /** @description What the callbackUrl of your tasks is signed with */
                            secret: string;
                        };
                        /** @description Elapsed milliseconds */
                        requestTime: number;
                        /** @constant */
                        success: true;
                    };
                };
            };
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "ok";
                    };
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed: the code says why, the hint what to do next */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description Refused or failed: the code says why, the hint what to do next */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
    getReady: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        checks: {
                            [key: string]: string;
                        };
                        /** @enum {unknown} */
                        status: "ready" | "unready";
                    };
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        checks: {
                            [key: string]: string;
                        };
                        /** @enum {unknown} */
                        status: "ready" | "unready";
                    };
                };
            };
        };
    };
    getV1Models: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelList"];
                };
            };
        };
    };
    getV1ModelsByModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Model"];
                };
            };
        };
    };
    postV1VideoGenerations: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own; a repeat with it gets the first answer and makes nothing new */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "model": "sora-2",
                 *       "prompt": "A small cat joins the game",
                 *       "duration": 4
                 *     }
                 */
                "application/json": components["schemas"]["VideoGenerationRequest"];
                "multipart/form-data": components["schemas"]["VideoGenerationForm"];
            };
        };
        responses: {
            /** @description Answer */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VideoGenerationError"];
                };
            };
            /** @description Answer */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VideoGenerationError"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VideoGenerationSubmitted"];
                };
            };
        };
    };
    getV1VideoGenerationsByTaskId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                task_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Answer */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VideoGenerationError"];
                };
            };
            /** @description Answer */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VideoGenerationError"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VideoGeneration"];
                };
            };
        };
    };
    getV1Videos: {
        parameters: {
            query: {
                /** @description The last id of the page before */
                after?: string;
                limit: number;
                /** @description By the time of creation */
                order: "asc" | "desc";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VideoList"];
                };
            };
        };
    };
    postV1Videos: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own; a repeat with it gets the first answer and makes nothing new */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "model": "sora-2",
                 *       "prompt": "A small cat joins the game",
                 *       "seconds": "4"
                 *     }
                 */
                "application/json": components["schemas"]["VideoRequest"];
                "multipart/form-data": components["schemas"]["VideoForm"];
            };
        };
        responses: {
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Video"];
                };
            };
        };
    };
    getV1VideosByVideoId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                video_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Video"];
                };
            };
        };
    };
    deleteV1VideosByVideoId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                video_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VideoDeleted"];
                };
            };
        };
    };
    postV1VideosByVideoIdCancel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                video_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Video"];
                };
            };
        };
    };
    getV1VideosByVideoIdContent: {
        parameters: {
            query: {
                variant: "video" | "thumbnail" | "spritesheet";
            };
            header?: never;
            path: {
                video_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description The bytes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                    "image/png": string;
                    "image/webp": string;
                    "video/mp4": string;
                    "video/quicktime": string;
                    "video/webm": string;
                };
            };
            /** @description The bytes */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                    "image/png": string;
                    "image/webp": string;
                    "video/mp4": string;
                    "video/quicktime": string;
                    "video/webm": string;
                };
            };
            /** @description Not changed */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    headV1VideosByVideoIdContent: {
        parameters: {
            query: {
                variant: "video" | "thumbnail" | "spritesheet";
            };
            header?: never;
            path: {
                video_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description The bytes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                    "image/png": string;
                    "image/webp": string;
                    "video/mp4": string;
                    "video/quicktime": string;
                    "video/webm": string;
                };
            };
            /** @description The bytes */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                    "image/png": string;
                    "image/webp": string;
                    "video/mp4": string;
                    "video/quicktime": string;
                    "video/webm": string;
                };
            };
            /** @description Not changed */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    postV1VideosByVideoIdRemix: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own; a repeat with it gets the first answer and makes nothing new */
                "idempotency-key"?: string;
            };
            path: {
                video_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "model": "sora-2",
                 *       "prompt": "A small cat joins the game",
                 *       "seconds": "4"
                 *     }
                 */
                "application/json": components["schemas"]["VideoRequest"];
                "multipart/form-data": components["schemas"]["VideoForm"];
            };
        };
        responses: {
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Video"];
                };
            };
        };
    };
    getV1VideosCharacters: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CharacterList"];
                };
            };
        };
    };
    postV1VideosCharacters: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CharacterRequest"];
                "multipart/form-data": components["schemas"]["CharacterForm"];
            };
        };
        responses: {
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Character"];
                };
            };
        };
    };
    getV1VideosCharactersByCharacterId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                character_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Character"];
                };
            };
        };
    };
    deleteV1VideosCharactersByCharacterId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                character_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CharacterDeleted"];
                };
            };
        };
    };
    postV1VideosEdits: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own; a repeat with it gets the first answer and makes nothing new */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "prompt": "The same at night",
                 *       "video": {
                 *         "id": "video_1760000000000_abcdefg"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["VideoEditRequest"];
                "multipart/form-data": components["schemas"]["VideoDerivationForm"];
            };
        };
        responses: {
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Video"];
                };
            };
        };
    };
    postV1VideosExtensions: {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own; a repeat with it gets the first answer and makes nothing new */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VideoExtensionRequest"];
                "multipart/form-data": components["schemas"]["VideoDerivationForm"];
            };
        };
        responses: {
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description Refused or failed. `x-should-retry: false` says that a repeat would not help */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Video"];
                };
            };
        };
    };
}
