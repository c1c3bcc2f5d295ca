
-- Backup attempts: a second attempt at a task that another worker holds for too long.

-- Most held entries with which backup attempts are made. More of them mean that the end of the phase is not near. This
-- also bounds the cost of a call.
local MAX_HELD = 256

-- Returns the hold time in ms from which a task of the phase is slow: 1.5 times the mean of the done tasks, or `lease`
-- while no task is done.
local function slow_after(keys, name, lease)
  local tasks, ms = hold_times(keys, name)
  if tasks == 0 then
    return math.max(lease, MIN_SLOW)
  end
  return math.max(math.ceil(ms / tasks * 3 / 2), MIN_SLOW)
end

-- Returns whether the task may get a backup attempt: it is open, and no attempt has failed. Another failure would use
-- up the attempts of the workers that do not fail.
local function may_be_backed_up(keys, index)
  return not settled(keys, index) and redis.call('HEXISTS', keys[FAILED], index) == 0
end

-- Returns the slowest task that another worker holds in a single attempt, as { entry, index, held, holder }. If no task
-- is slow yet, returns nil and the ms until the first one is. Returns only nil if there is no such task.
local function slowest(keys, job, worker, lease)
  local held, attempts = redis.call('XPENDING', keys[TASKS], GROUP, '-', '+', MAX_HELD + 1), {}
  if #held > MAX_HELD then
    return nil
  end
  for _, row in ipairs(held) do
    local _, seq = parse(row[1])
    attempts[seq or 0] = (attempts[seq or 0] or 0) + 1
  end
  local time, found, due = now(), nil, nil
  local limits = { map = slow_after(keys, 'map', lease), reduce = slow_after(keys, 'reduce', lease) }
  for _, row in ipairs(held) do
    local _, seq = parse(row[1])
    if seq and seq > 0 and attempts[seq] == 1 and row[2] ~= worker and may_be_backed_up(keys, digits(seq - 1)) then
      local held_for = age(keys, row, time)
      local left = limits[phase_of(job, seq - 1)] - held_for
      if left > 0 then
        due = math.min(due or left, left)
      elseif not found or held_for > found.held then
        found = { entry = row[1], index = seq - 1, held = held_for, holder = row[2] }
      end
    end
  end
  return found, due
end

-- mr1_backup: claims a backup attempt at a slow task of another worker, in a new entry.
-- KEYS        the keys of a job
-- ARGV        plan worker lease
-- Returns     CLAIMED entry idx payload holder ms | DUE ms (retry after this time) | NONE
-- Invariants  A task is offered only while no task waits. A task never has more than two attempts at once. The first
--             commit counts. The lease of the other attempt stays until its next renewal, which is then refused.
local function backup(keys, argv)
  local refusal, job = open(keys, argv[1])
  if refusal then
    return refusal
  end
  local lease = whole(argv[3])
  if not lease then
    return bad('invalid lease ' .. argv[3])
  end
  if job.state ~= 'MAP' and job.state ~= 'REDUCE' then
    return { 'NONE' }
  end
  local readers = group(keys)
  if not readers then
    return { 'NOGROUP' }
  end
  local waiting = redis.call('XRANGE', keys[TASKS], '(' .. readers['last-delivered-id'], '+', 'COUNT', 1)
  if #waiting > 0 then
    return { 'NONE' }
  end
  local slow, due = slowest(keys, job, argv[2], lease)
  if not slow then
    return due and { 'DUE', due } or { 'NONE' }
  end
  local found = redis.call('XRANGE', keys[TASKS], slow.entry, slow.entry)[1]
  if not found then
    return { 'NONE' }
  end
  local payload = named(found[2]).payload or ''
  local gen = generation(keys, job.gen + 1, slow.index)
  if not gen then
    return bad(keys[TASKS] .. ' has used up its entry ids')
  end

  -- Counts generations that do not come from returned tasks.
  redis.call('HSET', keys[META], 'gen', digits(gen), 'backups', digits(job.backups + gen - job.gen))
  add(keys, gen, slow.index, payload)
  -- Delivered at once, because the next blocked reader may be the slow worker itself.
  redis.call('XREADGROUP', 'GROUP', GROUP, argv[2], 'COUNT', 1, 'STREAMS', keys[TASKS], '>')
  return {
    'CLAIMED', digits(gen) .. '-' .. digits(slow.index + 1), slow.index, payload, slow.holder, slow.held,
  }
end

redis.register_function('mr1_backup', backup)
