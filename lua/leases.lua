
-- Tasks that are held: renewed, given back.

-- Forgets workers that have been silent for long, once there are many names.
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

-- mr1_renew: a worker's sign of life; renews the leases of those entries that it still holds.
-- ARGV    plan worker entry...
-- Reply   OK flag...   1 renewed, 0 lost: done, or another's, or the job is over
-- Keeps   a lease is never taken from another worker; the delivery count stays.
local function renew(keys, argv)
  local refusal, job = open(keys, argv[1])
  if refusal then
    return refusal
  end
  local reply = { 'OK' }
  for at = 3, #argv do
    if not parse(argv[at]) then
      return bad('entry ' .. argv[at])
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
      note(keys, lease, time)
      reply[at - 1] = #redis.call('XCLAIM', keys[TASKS], GROUP, argv[2], 0, entry, 'JUSTID')
      holds = true
    end
  end
  -- Workers that hold nothing are no sign that the job goes on, whatever they ask for.
  if holds then
    redis.call('HSET', keys[META], 'beats', digits(job.beats + 1))
  end
  return reply
end

-- Whether somebody holds an entry of the task.
local function is_held(keys, index)
  return find(index, function(from)
    return redis.call('XPENDING', keys[TASKS], GROUP, from, '+', PAGE)
  end) ~= nil
end

-- mr1_fail: gives a task back; with blame 1 it counts, and the task is dead after `max` failed attempts.
-- ARGV    plan idx entry worker blame max reason
-- Reply   RETRY | DEAD | STALE (done, dead, another's, or the job is over)
-- Keeps   only the holder can fail a task; a blocked reader gets it at once, under a higher id; no attempt is
--         forgotten with the entry; what another attempt is at work on is left to that.
local function fail(keys, argv)
  local refusal, job = open(keys, argv[1])
  if refusal then
    return refusal
  end
  local index, entry, max = whole(argv[2]), argv[3], whole(argv[6])
  local _, seq = parse(entry)
  if not index or seq ~= index + 1 or not max then
    return bad('entry ' .. entry .. ', task ' .. argv[2] .. ', max ' .. argv[6])
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
    return bad(keys[FAILED] .. ' or the ids of ' .. keys[TASKS] .. ' at task ' .. argv[2])
  end

  -- With this entry go its deliveries that ended without a word.
  local attempts = failed + silent + (argv[5] == '1' and 1 or 0)
  if attempts > failed then
    redis.call('HSET', keys[FAILED], argv[2], digits(attempts))
  end
  -- No beat: a task that only goes from hand to hand is no sign that the job goes on.
  ack(keys, entry)
  if job.backups > 0 and is_held(keys, index) then
    return { 'RETRY' }
  end
  if argv[5] == '1' and attempts >= max then
    redis.call('HSET', keys[DEAD], argv[2], argv[7])
    tell(keys, 'dead ' .. argv[2])
    return { 'DEAD' }
  end
  redis.call('HSET', keys[META], 'gen', digits(gen))
  add(keys, gen, index, named(found[2]).payload or '')
  tell(keys, 'retry ' .. argv[2])
  return { 'RETRY' }
end

redis.register_function('mr1_renew', renew)
redis.register_function('mr1_fail', fail)
