/** Whether the large worlds are to be explored, too: `AGENITY_MODEL=full`. */
export const isFull = process.env["AGENITY_MODEL"] === "full";

/** A search in a small world takes seconds; in a large one it may take an hour, on a slow machine. */
export const searchTimeoutMs = isFull ? 4 * 3_600_000 : 300_000;
