-- One thread. Params: $1 thread, $2 user or null. Served by the primary key.
select thread.thread_id, thread.user_id, thread.thread_name, thread.metadata::text as metadata, thread.run_id,
  extract(epoch from thread.created_at) * 1000 as created_at_ms,
  extract(epoch from thread.updated_at) * 1000 as updated_at_ms
from {{threads}} as thread
where {{caller_is_told}} and thread.thread_id = $1::{{thread_id}} and ($2::{{user_id}} is null or thread.user_id = $2::{{user_id}})
