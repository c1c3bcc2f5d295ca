
-- The end of a job.

-- Acknowledges what is held and passes over what waits.
local function settle(keys)
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

-- mr1_finish: freezes the job as DONE once every index is done; what is still held or waiting are
-- duplicates, which are acknowledged and passed over.
-- ARGV    plan
-- Reply   DONE | NOTYET done total | STATE state
-- Keeps   DONE only with HLEN(done) = total; XPENDING is then 0. Nothing is deleted.
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

  settle(keys)
  if job.state ~= 'DONE' then
    redis.call('HSET', keys[META], 'state', 'DONE')
    tell(keys, 'finished')
  end
  return { 'DONE' }
end

-- mr1_abandon: ends a job that is not over as FAILED; nothing of it is held or waits then.
-- ARGV    plan reason                          Reply   OK
local function abandon(keys, argv)
  local refusal, job = open(keys, argv[1])
  if refusal then
    return refusal
  end
  if not OVER[job.state] then
    redis.call('HSET', keys[META], 'state', 'FAILED', 'reason', argv[2])
    settle(keys)
    tell(keys, 'abandoned')
  end
  return { 'OK' }
end

-- mr1_retire: lets the keys of a job that is over expire after `keep` ms; 0 removes them now.
-- ARGV    plan keep                            Reply   OK | STATE state
local function retire(keys, argv)
  local refusal, job = open(keys, argv[1])
  if refusal then
    return refusal
  end
  local keep = whole(argv[2])
  if not keep then
    return bad('keep ' .. argv[2])
  end
  if not OVER[job.state] then
    return { 'STATE', job.state }
  end
  if keep == 0 then
    redis.call('UNLINK', unpack(keys))
    return { 'OK' }
  end
  -- Workers that see it end; until then they stay, in case a rollback makes tasks come back.
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
