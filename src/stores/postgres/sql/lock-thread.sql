-- Waits for the turns under way on a thread and keeps new ones out until this transaction ends: what the next statement deletes
-- is then all there is. Params: $1 thread, $2 user or null, $3 lease or null. Served by the primary key.
select thread.incarnation
from {{threads}} as thread
where {{caller_is_told}} and thread.thread_id = $1::{{thread_id}} and ($2::{{user_id}} is null or thread.user_id = $2::{{user_id}})
  and ($3::uuid is null or (thread.lease = $3::uuid and thread.lease_until > clock_timestamp()))
for update
