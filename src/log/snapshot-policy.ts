/**
 * Below this a log is never rewritten: reading 16 KiB of deltas costs about what reading the state costs, and small states that
 * change wholly at each turn would otherwise be snapshots all the time.
 */
const FREE_BYTES = 16_384;

/**
 * Whether the next entry should be a snapshot: when what the log has to read (since its last snapshot, the next entry included) is
 * more than twice what is alive in it. Reads then stay within a constant factor of the state's size, and each rewritten byte is
 * paid for by a dead one: writes stay amortised O(delta). An append-only conversation has no dead bytes and never comes here.
 *
 * @param logBytes - bytes of the entries since the last snapshot, that snapshot and the next delta included
 * @param liveBytes - bytes of the state as one snapshot
 */
export function shouldSnapshot(logBytes: number, liveBytes: number): boolean {
  return logBytes > FREE_BYTES && logBytes > 2 * liveBytes;
}
