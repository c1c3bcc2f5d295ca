
-- Hold times of tasks, which tell slow attempts from normal ones.

-- No attempt is slow before this time in ms, since a backup attempt takes time as well.
local MIN_SLOW = 300

-- Returns for how many ms the holder has held the entry of `lease`, a row of XPENDING. A renewal resets the idle time,
-- so the first renewal records the start. A record of another holder does not count.
local function age(keys, lease, time)
  local recorded = redis.call('HGET', keys[HELD], lease[1])
  if recorded then
    local since, name = string.match(recorded, '^(%d+) (.*)$')
    since = name == lease[2] and whole(since)
    if since then
      return math.max(time - since, 0)
    end
  end
  return lease[3]
end

-- Records the start of the current hold, unless it is recorded already.
local function record_start(keys, lease, time)
  local since = time - age(keys, lease, time)
  redis.call('HSET', keys[HELD], lease[1], digits(math.max(since, 0)) .. ' ' .. lease[2])
end

-- Returns for how many ms `worker` has held the entry, or nil if it does not hold it.
local function held_by(keys, entry, worker)
  local lease = lease_of(keys, entry)
  if lease and lease[2] == worker then
    return age(keys, lease, now())
  end
end

-- Returns the name of the phase of a task.
local function phase_of(job, index)
  return index < job.maps and 'map' or 'reduce'
end

-- Returns the number of done tasks of the phase and for how many ms they were held in total.
local function hold_times(keys, name)
  local text = redis.call('HGET', keys[HELD], name)
  local tasks, ms = string.match(text or '', '^(%d+) (%d+)$')
  return whole(tasks) or 0, whole(ms) or 0
end

-- Adds the hold time of a task that is now done. Does nothing if it is unknown.
local function record_hold_time(keys, job, index, held)
  if held then
    local name = phase_of(job, index)
    local tasks, ms = hold_times(keys, name)
    -- Limits the time, since a changed clock or a server outage can make any task look slow.
    if tasks > 0 then
      held = math.min(held, math.ceil(4 * ms / tasks) + MIN_SLOW)
    end
    redis.call('HSET', keys[HELD], name, digits(tasks + 1) .. ' ' .. digits(ms + held))
  end
end
