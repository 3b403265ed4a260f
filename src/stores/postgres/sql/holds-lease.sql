-- Whether a lease is held. Params: $1 thread, $2 user or null, $3 the lease's token. Returns a row if it is. Served by the primary key.
select 1 as held from {{threads}} as thread
where {{caller_is_told}} and thread.thread_id = $1::{{thread_id}} and ($2::{{user_id}} is null or thread.user_id = $2::{{user_id}})
  and thread.lease = $3::uuid and thread.lease_until > clock_timestamp()
