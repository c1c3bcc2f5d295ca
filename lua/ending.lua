
-- The end of a job: finished, abandoned or retired.

-- Acknowledges all held entries and skips all waiting ones.
local function clear_stream(keys)
  redis.call('DEL', keys[HELD])
  while group(keys) do
    local ids = {}
    for at, entry in ipairs(redis.call('XPENDING', keys[TASKS], GROUP, '-', '+', PAGE)) do
      ids[at] = entry[1]
    end
    if #ids == 0 then
      redis.call('XGROUP', 'SETID', keys[TASKS], GROUP, last_id(keys))
      break
    end
    redis.call('XACK', keys[TASKS], GROUP, unpack(ids))
  end
end

-- mr1_finish: marks the job as DONE once every task is done.
-- KEYS        the keys of a job
-- ARGV        plan
-- Returns     DONE | NOTYET done total | STATE state
-- Invariants  A job is DONE only if HLEN(done) = total. Entries that are still held or waiting are duplicates: they are
--             acknowledged or skipped, so XPENDING is 0. Nothing is deleted.
local function finish(keys, argv)
  local refusal, job = open(keys, argv[1])
  if refusal then
    return refusal
  end
  if job.state == 'FAILED' or job.state == 'CANCELLED' then
    return { 'STATE', job.state }
  end
  local done = redis.call('HLEN', keys[DONE])
  if job.state == 'PLANNING' or done ~= job.total then
    return { 'NOTYET', digits(done), digits(job.total) }
  end

  clear_stream(keys)
  if job.state ~= 'DONE' then
    redis.call('HSET', keys[META], 'state', 'DONE')
    notify(keys, 'finished')
  end
  return { 'DONE' }
end

-- mr1_abandon: marks a job that is not over as FAILED.
-- KEYS        the keys of a job
-- ARGV        plan reason
-- Returns     OK
-- Invariants  A job that is over does not change. No task of a failed job is held or waits.
local function abandon(keys, argv)
  local refusal, job = open(keys, argv[1])
  if refusal then
    return refusal
  end
  if not OVER[job.state] then
    redis.call('HSET', keys[META], 'state', 'FAILED', 'reason', argv[2])
    clear_stream(keys)
    notify(keys, 'abandoned')
  end
  return { 'OK' }
end

-- mr1_retire: lets the keys of a job that is over expire after `keep` ms. With 0 they are removed now.
-- KEYS        the keys of a job
-- ARGV        plan keep
-- Returns     OK | STATE state
-- Invariants  A job that is not over does not change.
local function retire(keys, argv)
  local refusal, job = open(keys, argv[1])
  if refusal then
    return refusal
  end
  local keep = whole(argv[2])
  if not keep then
    return bad('invalid keep ' .. argv[2])
  end
  if not OVER[job.state] then
    return { 'STATE', job.state }
  end
  if keep == 0 then
    redis.call('UNLINK', unpack(keys))
    return { 'OK' }
  end
  -- Workers that see this field leave the job. Until then they stay, because a rollback may bring tasks back.
  redis.call('HSET', keys[META], 'retired', '1')
  local till = digits(now() + keep)
  for at = META, HELD do
    redis.call('PEXPIREAT', keys[at], till)
  end
  return { 'OK' }
end

redis.register_function('mr1_finish', finish)
redis.register_function('mr1_abandon', abandon)
redis.register_function('mr1_retire', retire)
