/** What a hot log holds of a thread is damaged, or somebody else's. It has been dropped; the cold store has the truth. */
export class DamagedHotLogError extends Error {
  override readonly name = "DamagedHotLogError";
}
