
-- Looking, without a write.

-- The first ten dead letters by index, as idx reason idx reason ...
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

-- mr1_status (no writes): one consistent picture.
-- ARGV    none
-- Reply   OK (plan state maps total next beats reason) done pending waiting failed dead workers
--            (counter value ...) (idx reason ...)
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
  -- A job of an earlier version can still be looked at.
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
redis.register_function {
  function_name = 'mr1_version',
  callback = function()
    return VERSION
  end,
  flags = { 'no-writes' },
}
