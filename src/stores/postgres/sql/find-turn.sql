-- Why a turn was refused: what stands, and whether the turn itself does, because its first answer was lost.
-- Params: $1 thread, $2 namespace, $3 the turn's last version or null, $4 that version's write id, $5 the turn's write id,
--   $6 its lease or null.
-- Returns owner, incarnation, head version, 1 where the turn is there, and 1 where its lease is held; no row: there is no such thread.
select
  thread.user_id, thread.incarnation,
  (
    select head.version from {{states}} as head where head.thread_id = $1::{{thread_id}} and head.namespace = $2::text
    order by head.version desc limit 1
  ) as head,
  case when $5::uuid = any (thread.recent_writes) or exists (
    select from {{states}} as own
    where own.thread_id = $1::{{thread_id}} and own.namespace = $2::text
      and own.version = $3::integer and own.write_id = $4::uuid
  ) then 1 else 0 end as written,
  case when $6::uuid is null or (thread.lease = $6::uuid and thread.lease_until > clock_timestamp()) then 1 else 0 end as leased
from {{threads}} as thread
where {{caller_is_told}} and thread.thread_id = $1::{{thread_id}}
