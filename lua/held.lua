
-- For how long tasks are held: what tells a slow attempt from the others.

-- No attempt is called slow before it has taken this long, in ms: the second one has its costs, too.
local LEAST = 300

-- For how many ms the holder has had the entry of `lease`, a row of XPENDING. A renewal sets the idle time
-- back, so the first one notes since when; what another holder noted before does not count.
local function age(keys, lease, time)
  local noted = redis.call('HGET', keys[HELD], lease[1])
  if noted then
    local since, name = string.match(noted, '^(%d+) (.*)$')
    since = name == lease[2] and whole(since)
    if since then
      return math.max(time - since, 0)
    end
  end
  return lease[3]
end

-- Notes since when the entry of `lease` is held, unless that is known.
local function note(keys, lease, time)
  local since = time - age(keys, lease, time)
  redis.call('HSET', keys[HELD], lease[1], digits(math.max(since, 0)) .. ' ' .. lease[2])
end

-- For how many ms `worker` has held the entry; nil if it does not.
local function held_by(keys, entry, worker)
  local lease = lease_of(keys, entry)
  if lease and lease[2] == worker then
    return age(keys, lease, now())
  end
end

local function phase_of(job, index)
  return index < job.maps and 'map' or 'reduce'
end

-- How many tasks of the phase are done, and for how many ms they were held in all.
local function experience(keys, name)
  local text = redis.call('HGET', keys[HELD], name)
  local tasks, ms = string.match(text or '', '^(%d+) (%d+)$')
  return whole(tasks) or 0, whole(ms) or 0
end

-- Adds the ms that a task was held, which is done now; nothing if that is not known.
local function learn(keys, job, index, held)
  if held then
    local name = phase_of(job, index)
    local tasks, ms = experience(keys, name)
    -- A clock that was set, or a server that was away, makes no task that slow.
    if tasks > 0 then
      held = math.min(held, math.ceil(4 * ms / tasks) + LEAST)
    end
    redis.call('HSET', keys[HELD], name, digits(tasks + 1) .. ' ' .. digits(ms + held))
  end
end
