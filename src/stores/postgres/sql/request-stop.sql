-- Asks a thread's run to stop. Params: $1 thread, $2 user or null, $3 run or null: the one that wrote last.
-- Returns a row if there is such a thread. Served by the primary key.
update {{threads}} as thread
set stop_run_id = coalesce($3::text, thread.run_id, '')
where {{caller_is_told}} and thread.thread_id = $1::{{thread_id}} and ($2::{{user_id}} is null or thread.user_id = $2::{{user_id}})
returning thread.incarnation
