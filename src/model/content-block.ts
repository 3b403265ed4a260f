/** Where a block's bytes are. */
export interface MediaReference {
  /** How the bytes are given: at a URL, under a provider's file id, or inline. */
  readonly kind: "url" | "file_id" | "data";
  /** For `kind: "url"`. */
  readonly url?: string | undefined;
  /** For `kind: "file_id"`. */
  readonly fileId?: string | undefined;
  /** For `kind: "data"`: the bytes, as base64 text. */
  readonly dataBase64?: string | undefined;
  /** The media type, such as `image/png`. */
  readonly mimeType?: string | undefined;
  /** Size in bytes. */
  readonly sizeBytes?: number | undefined;
  /** Hex SHA-256 of the bytes. */
  readonly sha256?: string | undefined;
  /** The name the file had. */
  readonly filename?: string | undefined;
  /** Width in pixels. */
  readonly width?: number | undefined;
  /** Height in pixels. */
  readonly height?: number | undefined;
  /** Length in milliseconds. */
  readonly durationMs?: number | undefined;
  /** Page of a document, from 1. */
  readonly page?: number | undefined;
}

/** What an annotation points at. */
export interface AnnotationReference {
  /** A web page. */
  readonly url?: string | undefined;
  /** A provider's file. */
  readonly fileId?: string | undefined;
  /** Page of a document, from 1. */
  readonly page?: number | undefined;
  /** Position among the sources, from 0. */
  readonly index?: number | undefined;
  /** Title of the source. */
  readonly title?: string | undefined;
}

/** A citation or a note on other blocks. */
export interface AnnotationBlock {
  /** Discriminator. */
  readonly type: "annotation";
  /** A citation of a source, or a note. */
  readonly kind: "citation" | "note";
  /** What it points at. */
  readonly refs: readonly AnnotationReference[];
  /** `[start, end)` ranges of characters that it covers. */
  readonly spans?: readonly (readonly [number, number])[] | undefined;
}

/** Plain text. */
export interface TextBlock {
  /** Discriminator. */
  readonly type: "text";
  /** The text. */
  readonly text: string;
  /** Citations and notes on it. */
  readonly annotations?: readonly AnnotationBlock[] | undefined;
}

/** An image. */
export interface ImageBlock {
  /** Discriminator. */
  readonly type: "image";
  /** The picture. */
  readonly media: MediaReference;
  /** What it shows, in words; found by search. */
  readonly altText?: string | undefined;
  /** `[x, y, width, height]` in pixels, where only a part is meant. */
  readonly boundingBox?: readonly [number, number, number, number] | undefined;
}

/** Sound. */
export interface AudioBlock {
  /** Discriminator. */
  readonly type: "audio";
  /** The recording. */
  readonly media: MediaReference;
  /** What is said; found by search. */
  readonly transcript?: string | undefined;
  /** Samples a second. */
  readonly sampleRate?: number | undefined;
  /** Number of channels. */
  readonly channelCount?: number | undefined;
}

/** Moving pictures. */
export interface VideoBlock {
  /** Discriminator. */
  readonly type: "video";
  /** The recording. */
  readonly media: MediaReference;
  /** A still picture of it. */
  readonly thumbnail?: MediaReference | undefined;
}

/** A document. */
export interface DocumentBlock {
  /** Discriminator. */
  readonly type: "document";
  /** The file. */
  readonly media: MediaReference;
  /** Its text; found by search. */
  readonly text?: string | undefined;
  /** The pages that are meant, from 1. */
  readonly pages?: readonly number[] | undefined;
  /** The passage that matters; found by search. */
  readonly excerpt?: string | undefined;
}

/** Any other bytes. */
export interface DataBlock {
  /** Discriminator. */
  readonly type: "data";
  /** The media type. */
  readonly mimeType: string;
  /** The bytes, as base64 text. */
  readonly dataBase64?: string | undefined;
  /** The bytes elsewhere. */
  readonly media?: MediaReference | undefined;
}

/** A call of a tool by the model, in its place among the other blocks. */
export interface ToolCallBlock {
  /** Discriminator. */
  readonly type: "tool_call";
  /** The call's id, which its result names. */
  readonly id: string;
  /** The tool. */
  readonly name: string;
  /** The arguments, parsed; found by search. */
  readonly args: unknown;
  /** Where it runs, such as `remote`. */
  readonly toolType?: string | undefined;
}

/** What a tool answered. */
export interface ToolResultBlock {
  /** Discriminator. */
  readonly type: "tool_result";
  /** The id of the call that it answers. */
  readonly callId: string;
  /** The answer: any value that can be stored; its strings are found by search. */
  readonly output: unknown;
  /** Whether the tool failed. @defaultValue `false` */
  readonly isError?: boolean | undefined;
  /** How the call ended. */
  readonly status?: "completed" | "failed" | undefined;
}

/** What the model thought. */
export interface ReasoningBlock {
  /** Discriminator. */
  readonly type: "reasoning";
  /** The thought, or its summary; found by search. */
  readonly summary: string;
  /** Its steps. */
  readonly details?: readonly string[] | undefined;
}

/** Something went wrong. */
export interface ErrorBlock {
  /** Discriminator. */
  readonly type: "error";
  /** What went wrong; found by search. */
  readonly message: string;
  /** A machine-readable code. */
  readonly code?: string | undefined;
  /** More about it. */
  readonly data?: unknown;
}

/** One piece of a message. Told apart by `type`. */
export type ContentBlock =
  | TextBlock
  | ImageBlock
  | AudioBlock
  | VideoBlock
  | DocumentBlock
  | DataBlock
  | ToolCallBlock
  | ToolResultBlock
  | ReasoningBlock
  | AnnotationBlock
  | ErrorBlock;
