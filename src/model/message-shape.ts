import * as v from "valibot";

import { idText, optional } from "./id-shape.ts";
import { isObject } from "./value.ts";

const media = v.looseObject({
  kind: v.picklist(["url", "file_id", "data"]),
  url: optional(v.string()),
  fileId: optional(v.string()),
  dataBase64: optional(v.string()),
  mimeType: optional(v.string()),
});

const annotation = v.looseObject({
  type: v.literal("annotation"),
  kind: v.picklist(["citation", "note"]),
  refs: v.array(v.looseObject({})),
  spans: optional(v.array(v.tuple([v.number(), v.number()]))),
});

const contentBlock = v.variant("type", [
  v.looseObject({ type: v.literal("text"), text: v.string(), annotations: optional(v.array(annotation)) }),
  v.looseObject({ type: v.literal("image"), media, altText: optional(v.string()) }),
  v.looseObject({ type: v.literal("audio"), media, transcript: optional(v.string()) }),
  v.looseObject({ type: v.literal("video"), media, thumbnail: optional(media) }),
  v.looseObject({
    type: v.literal("document"),
    media,
    text: optional(v.string()),
    excerpt: optional(v.string()),
    pages: optional(v.array(v.number())),
  }),
  v.looseObject({
    type: v.literal("data"),
    mimeType: v.string(),
    dataBase64: optional(v.string()),
    media: optional(media),
  }),
  v.looseObject({ type: v.literal("tool_call"), id: v.string(), name: v.string() }),
  v.looseObject({ type: v.literal("tool_result"), callId: v.string(), isError: optional(v.boolean()) }),
  v.looseObject({ type: v.literal("reasoning"), summary: v.string(), details: optional(v.array(v.string())) }),
  annotation,
  v.looseObject({ type: v.literal("error"), message: v.string(), code: optional(v.string()) }),
]);

const tokens = v.pipe(v.number(), v.finite("expected a finite number of tokens"));

const usage = v.looseObject({
  promptTokens: tokens,
  completionTokens: tokens,
  totalTokens: tokens,
  reasoningTokens: optional(tokens),
});

/** What a message must look like. Loose: fields of later versions and of your own are kept, never dropped. */
export const messageShape: v.GenericSchema<unknown, unknown> = v.looseObject({
  messageId: idText("messageId"),
  role: v.picklist(["user", "assistant", "system", "tool"]),
  content: v.array(contentBlock),
  toolCalls: optional(v.array(v.looseObject({ id: v.string(), name: v.string() }))),
  reasoning: optional(v.string()),
  usage: optional(usage),
  metadata: optional(v.custom((value) => isObject(value) && !Array.isArray(value), "expected an object")),
  timestamp: optional(v.pipe(v.number(), v.finite("expected a finite number of milliseconds"))),
  delta: optional(v.boolean()),
});
