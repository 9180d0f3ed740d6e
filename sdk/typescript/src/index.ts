// The client of Klatch for browsers and Node.

export { Account, type Keeper } from "./account.ts";
export type { ChannelHandle } from "./channel/channel.ts";
export type { Notice } from "./channel/notices.ts";
export type { Item, More, Timeline, TimelineView } from "./channel/timeline.ts";
export { Klatch, type KlatchOptions } from "./client.ts";
export type { Status } from "./link/link.ts";
export { Cell, once, type Readable } from "./readable.ts";
export { MemoryStore } from "./store/memory.ts";
export type { Copy, Store, Waiting } from "./store/store.ts";
export type { Heard } from "./sync.ts";
export { isSignedOut, Refused, Unanswered } from "./wire/errors.ts";
export { CLOSES, ERRORS } from "./wire/generated/catalogue.ts";
export type * as views from "./wire/generated/views.ts";
export type { ArgsOf, Op, Replies } from "./wire/replies.ts";
export { request, type TokenSource } from "./wire/rest.ts";
export { uuid7 } from "./wire/uuid.ts";
