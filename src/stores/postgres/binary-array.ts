/** The OID of `text`. */
const TEXT_OID = 25;

/** Dimensions, flag, type, length, lower bound: five integers of four bytes. */
const HEADER_BYTES = 20;

/** A `text[]` in PostgreSQL's binary format (`array_recv`): each text by its length, so that nothing in it is escaped. */
export function binaryTextArray(texts: readonly (string | null)[]): Buffer {
  let bytes = HEADER_BYTES;
  for (const text of texts) bytes += 4 + (text === null ? 0 : Buffer.byteLength(text));
  const buffer = Buffer.allocUnsafe(bytes);
  const header = [texts.length === 0 ? 0 : 1, texts.includes(null) ? 1 : 0, TEXT_OID, texts.length, 1];
  let offset = 0;
  for (const value of header) offset = buffer.writeInt32BE(value, offset);
  for (const text of texts) {
    // The length stands before the text, and is known once it was written.
    const length = text === null ? -1 : buffer.write(text, offset + 4);
    buffer.writeInt32BE(length, offset);
    offset += 4 + Math.max(0, length);
  }
  // An empty array has no dimensions at all.
  return texts.length === 0 ? buffer.subarray(0, 12) : buffer;
}
