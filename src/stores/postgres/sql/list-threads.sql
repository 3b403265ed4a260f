-- A user's threads, most recently written first.
-- Params: $1 user or null, $2 search or null, $3 metadata to contain or null, $4 after, $5 before, $6 limit, $7 offset,
-- $8 path that must hold beside $3 or null.
-- Served by threads_user_idx; one user's threads are sorted.
select thread.thread_id, thread.user_id, thread.thread_name, thread.metadata::text as metadata, thread.run_id,
  extract(epoch from thread.created_at) * 1000 as created_at_ms,
  extract(epoch from thread.updated_at) * 1000 as updated_at_ms
from {{threads}} as thread
where {{caller_is_told}}
  and ($1::{{user_id}} is null or thread.user_id = $1::{{user_id}})
  and ($2::text is null or strpos(thread.name_search, $2::text) > 0 or exists (
    select from jsonb_each_text(thread.metadata_search) as item where strpos(item.value, $2::text) > 0
  ))
  and ($3::jsonb is null or thread.metadata @> $3::jsonb)
  and ($8::jsonpath is null or thread.metadata @? $8::jsonpath)
  and ($4::{{thread_id}} is null or (thread.updated_at, thread.thread_id) < (
    select cursor.updated_at, cursor.thread_id from {{threads}} as cursor
    where cursor.thread_id = $4::{{thread_id}} and ($1::{{user_id}} is null or cursor.user_id = $1::{{user_id}})
  ))
  and ($5::{{thread_id}} is null or (thread.updated_at, thread.thread_id) > (
    select cursor.updated_at, cursor.thread_id from {{threads}} as cursor
    where cursor.thread_id = $5::{{thread_id}} and ($1::{{user_id}} is null or cursor.user_id = $1::{{user_id}})
  ))
order by thread.updated_at desc, thread.thread_id desc
limit $6::bigint offset $7::bigint
