
-- Leases: renewing them, and returning tasks.

-- Removes workers that have been silent for an hour, once there are many names.
local function forget(keys, time)
  if redis.call('HLEN', keys[WORKERS]) <= 500 then
    return
  end
  for name, heard in pairs(named(redis.call('HGETALL', keys[WORKERS]))) do
    if time - (whole(heard) or 0) > FORGET then
      redis.call('HDEL', keys[WORKERS], name)
    end
  end
end

-- mr1_renew: records a sign of life of a worker, and renews the leases that it still holds.
-- KEYS        the keys of a job
-- ARGV        plan worker entry...
-- Returns     OK flag...   for each entry 1 (renewed) or 0 (lost: the task is done, another worker holds it, or the job
--             is over)
-- Invariants  A renewal never takes a lease from another worker. The number of deliveries does not change.
local function renew(keys, argv)
  local refusal, job = open(keys, argv[1])
  if refusal then
    return refusal
  end
  local reply = { 'OK' }
  for at = 3, #argv do
    if not parse(argv[at]) then
      return bad('invalid entry ' .. argv[at])
    end
    reply[at - 1] = 0
  end
  if OVER[job.state] then
    return reply
  end
  if #argv > 2 and not group(keys) then
    return { 'NOGROUP' }
  end

  local time = now()
  redis.call('HSET', keys[WORKERS], argv[2], digits(time))
  forget(keys, time)
  local holds = false
  for at = 3, #argv do
    local entry = argv[at]
    local _, seq = parse(entry)
    local lease = lease_of(keys, entry)
    if redis.call('HEXISTS', keys[DONE], digits(seq - 1)) == 1 then
      ack(keys, entry)
    elseif lease and lease[2] == argv[2] then
      record_start(keys, lease, time)
      reply[at - 1] = #redis.call('XCLAIM', keys[TASKS], GROUP, argv[2], 0, entry, 'JUSTID')
      holds = true
    end
  end
  -- Workers without a lease are not a sign of progress.
  if holds then
    redis.call('HSET', keys[META], 'beats', digits(job.beats + 1))
  end
  return reply
end

-- Returns whether any worker holds an entry of the task.
local function is_held(keys, index)
  return find(index, function(from)
    return redis.call('XPENDING', keys[TASKS], GROUP, from, '+', PAGE)
  end) ~= nil
end

-- mr1_fail: returns a task. With `blame` 1 the attempt failed, and the task is dead after `max` failed attempts.
-- KEYS        the keys of a job
-- ARGV        plan idx entry worker blame max reason
-- Returns     RETRY | DEAD | STALE (the task is done, dead or held by another worker, or the job is over)
-- Invariants  Only the holder can fail a task. A blocked reader gets the task at once, under a higher id. Deliveries of
--             the entry that ended without a report stay counted. A task with another running attempt is left to it.
local function fail(keys, argv)
  local refusal, job = open(keys, argv[1])
  if refusal then
    return refusal
  end
  local index, entry, max = whole(argv[2]), argv[3], whole(argv[6])
  local _, seq = parse(entry)
  if not index or seq ~= index + 1 or not max then
    return bad('invalid entry ' .. entry .. ' of task ' .. argv[2] .. ', or invalid max ' .. argv[6])
  end
  if OVER[job.state] or not group(keys) then
    return { 'STALE' }
  end
  if settled(keys, argv[2]) then
    ack(keys, entry)
    return { 'STALE' }
  end
  local found = redis.call('XRANGE', keys[TASKS], entry, entry)[1]
  local lease = lease_of(keys, entry)
  if not lease or lease[2] ~= argv[4] or not found then
    return { 'STALE' }
  end
  local silent = lease[4] - 1
  local failed = whole(redis.call('HGET', keys[FAILED], argv[2]) or '0')
  local gen = generation(keys, job.gen + 1, index)
  if not failed or not gen then
    return bad(keys[FAILED] .. ' has an invalid number for task ' .. argv[2]
      .. ', or ' .. keys[TASKS] .. ' has used up its entry ids')
  end

  -- The entry is removed, so earlier deliveries that ended without a report are counted as failed attempts now.
  local attempts = failed + silent + (argv[5] == '1' and 1 or 0)
  if attempts > failed then
    redis.call('HSET', keys[FAILED], argv[2], digits(attempts))
  end
  -- Does not change `beats`: a task that is only passed between workers is not a sign of progress.
  ack(keys, entry)
  if job.backups > 0 and is_held(keys, index) then
    return { 'RETRY' }
  end
  if argv[5] == '1' and attempts >= max then
    redis.call('HSET', keys[DEAD], argv[2], argv[7])
    notify(keys, 'dead ' .. argv[2])
    return { 'DEAD' }
  end
  redis.call('HSET', keys[META], 'gen', digits(gen))
  add(keys, gen, index, named(found[2]).payload or '')
  notify(keys, 'retry ' .. argv[2])
  return { 'RETRY' }
end

redis.register_function('mr1_renew', renew)
redis.register_function('mr1_fail', fail)
