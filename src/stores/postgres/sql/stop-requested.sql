-- Whether a run was asked to stop. Params: $1 thread, $2 user or null, $3 run or null: any. Returns a row if it was. Served by the primary key.
select thread.incarnation
from {{threads}} as thread
where {{caller_is_told}} and thread.thread_id = $1::{{thread_id}} and ($2::{{user_id}} is null or thread.user_id = $2::{{user_id}})
  and thread.stop_run_id is not null and ($3::text is null or thread.stop_run_id in ('', $3::text))
