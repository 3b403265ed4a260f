-- Prolongs a lease that is still held, or gives it back. Params: $1 thread, $2 user or null, $3 the lease's token, $4 how long it lasts from now, in
-- milliseconds; 0: not any more.
-- Returns a row if it was held. Served by the primary key.
update {{threads}} as thread
set lease_until = clock_timestamp() + $4::double precision * interval '1 millisecond'
where {{caller_is_told}} and thread.thread_id = $1::{{thread_id}} and ($2::{{user_id}} is null or thread.user_id = $2::{{user_id}})
  and thread.lease = $3::uuid and thread.lease_until > clock_timestamp()
returning thread.incarnation
