
-- Status of a job, without writes.

-- Returns the first ten dead letters by index, as idx reason idx reason ...
local function dead_letters(keys)
  local order, letters = redis.call('HKEYS', keys[DEAD]), {}
  table.sort(order, function(a, b)
    return (tonumber(a) or 0) < (tonumber(b) or 0)
  end)
  for at = 1, math.min(10, #order) do
    letters[2 * at - 1] = order[at]
    letters[2 * at] = redis.call('HGET', keys[DEAD], order[at])
  end
  return letters
end

-- mr1_status (no writes): returns a consistent view of a job.
-- KEYS        the keys of a job
-- ARGV        none
-- Returns     OK (plan state maps total next beats reason) done pending waiting failed dead workers
--                (counter value ...) (idx reason ...)
-- Invariants  No key is written.
local function status(keys)
  local refusal = wrong_type(keys)
  if refusal then
    return refusal
  end
  local meta = redis.call('HMGET', keys[META],
    'plan', 'state', 'maps', 'total', 'next', 'beats', 'reason')
  if not meta[1] then
    return { 'NOPLAN' }
  end
  -- A job of an earlier version has no `maps`. Its status can still be read.
  meta[3] = meta[3] or meta[4]
  local readers = group(keys) or { pending = 0, lag = 0 }
  local failed, alive, time = 0, 0, now()
  for _, attempts in ipairs(redis.call('HVALS', keys[FAILED])) do
    failed = failed + (whole(attempts) or 0)
  end
  for _, heard in ipairs(redis.call('HVALS', keys[WORKERS])) do
    if time - (whole(heard) or 0) < ALIVE then
      alive = alive + 1
    end
  end
  return {
    'OK', meta, redis.call('HLEN', keys[DONE]), readers.pending, readers.lag or 0, failed,
    redis.call('HLEN', keys[DEAD]), alive, redis.call('HGETALL', keys[COUNTERS]), dead_letters(keys),
  }
end

redis.register_function { function_name = 'mr1_status', callback = status, flags = { 'no-writes' } }
-- mr1_version (no writes): returns the version of the library.
-- KEYS        none
-- ARGV        none
-- Returns     the hash of the library's source, a string
redis.register_function {
  function_name = 'mr1_version',
  callback = function()
    return VERSION
  end,
  flags = { 'no-writes' },
}
