import type { AnyId, IdKind } from "../../model/config.ts";
import type { Row } from "./sql-driver.ts";

// A pool that was lent may have parsers of its own, and two drivers never agree on 64 bits: so every value is converted here.

/** A number of any SQL type. */
export function numberIn(row: Row, column: string): number {
  return Number(row[column]);
}

/** A text that is never null. */
export function textIn(row: Row, column: string): string {
  return String(row[column]);
}

/** A text, or null. */
export function nullableTextIn(row: Row, column: string): string | null {
  const value = row[column];
  return value === null || value === undefined ? null : textIn(row, column);
}

/** An id of the configured kind, or null. */
export function idIn(row: Row, column: string, kind: IdKind): AnyId | null {
  const value = nullableTextIn(row, column);
  if (value === null) return null;
  if (kind === "string") return value;
  return kind === "int" ? Number(value) : BigInt(value);
}
