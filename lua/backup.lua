
-- Backup attempts: what one worker holds for long is attempted by another one too.

-- Once no more than this many entries are held the end of the phase is near; bounds what one look costs.
local FEW = 256

-- For how many ms a task of the phase may be held until it is slow: half as long again as the mean of those
-- that are done; `lease` ms while none is.
local function patience(keys, name, lease)
  local tasks, ms = experience(keys, name)
  if tasks == 0 then
    return math.max(lease, LEAST)
  end
  return math.max(math.ceil(ms / tasks * 3 / 2), LEAST)
end

-- Whether the task may have a second attempt: it is open, and nobody has failed at it. Who fails at it once more
-- would use up the attempts of those who do not.
local function is_sound(keys, index)
  return not settled(keys, index) and redis.call('HEXISTS', keys[FAILED], index) == 0
end

-- Of the tasks that others than `worker` hold, in one attempt each, the one held longest beyond patience,
-- as {entry index held holder}; otherwise in how many ms the first of them will be, nil if there is none.
local function slowest(keys, job, worker, lease)
  local held, attempts = redis.call('XPENDING', keys[TASKS], GROUP, '-', '+', FEW + 1), {}
  if #held > FEW then
    return nil
  end
  for _, row in ipairs(held) do
    local _, seq = parse(row[1])
    attempts[seq or 0] = (attempts[seq or 0] or 0) + 1
  end
  local time, found, due = now(), nil, nil
  local limits = { map = patience(keys, 'map', lease), reduce = patience(keys, 'reduce', lease) }
  for _, row in ipairs(held) do
    local _, seq = parse(row[1])
    if seq and seq > 0 and attempts[seq] == 1 and row[2] ~= worker and is_sound(keys, digits(seq - 1)) then
      local so_far = age(keys, row, time)
      local left = limits[phase_of(job, seq - 1)] - so_far
      if left > 0 then
        due = math.min(due or left, left)
      elseif not found or so_far > found.held then
        found = { entry = row[1], index = seq - 1, held = so_far, holder = row[2] }
      end
    end
  end
  return found, due
end

-- mr1_backup: once nothing waits, hands `worker` a task too that another one has held for long, in an entry of
-- its own; whoever commits first does it, and the other one loses its lease.
-- ARGV    plan worker lease
-- Reply   CLAIMED entry idx payload holder ms | DUE ms (ask again then) | NONE
-- Keeps   a task that is held twice is not added again; the lease of the other attempt stays as it is.
local function backup(keys, argv)
  local refusal, job = open(keys, argv[1])
  if refusal then
    return refusal
  end
  local lease = whole(argv[3])
  if not lease then
    return bad('lease ' .. argv[3])
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
    return bad(keys[TASKS] .. ' has come to the end of its entry ids')
  end

  -- Generations that nobody gave back.
  redis.call('HSET', keys[META], 'gen', digits(gen), 'backups', digits(job.backups + gen - job.gen))
  add(keys, gen, slow.index, payload)
  -- Delivered at once: whoever waits for an entry might be the slow worker itself.
  redis.call('XREADGROUP', 'GROUP', GROUP, argv[2], 'COUNT', 1, 'STREAMS', keys[TASKS], '>')
  return {
    'CLAIMED', digits(gen) .. '-' .. digits(slow.index + 1), slow.index, payload, slow.holder, slow.held,
  }
end

redis.register_function('mr1_backup', backup)
