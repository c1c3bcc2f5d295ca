
-- Repair of lost tasks and of tasks whose output is lost.

-- Returns the set of indexes that are done, dead, held or waiting.
local function known(keys, last_delivered)
  local have = {}
  for _, at in ipairs({ DONE, DEAD }) do
    for _, index in ipairs(redis.call('HKEYS', keys[at])) do
      have[tonumber(index) or -1] = true
    end
  end
  local function add_page(page)
    for _, entry in ipairs(page) do
      local _, seq = parse(entry[1])
      have[(seq or 0) - 1] = true
    end
    return #page == PAGE and '(' .. page[PAGE][1]
  end
  local from = '-'
  while from do
    from = add_page(redis.call('XPENDING', keys[TASKS], GROUP, from, '+', PAGE))
  end
  from = '(' .. last_delivered
  while from do
    from = add_page(redis.call('XRANGE', keys[TASKS], from, '+', 'COUNT', PAGE))
  end
  return have
end

-- mr1_repair: finds planned tasks that are lost, or adds them again.
-- KEYS        the keys of a job
-- ARGV        plan `audit` limit | plan `add` (idx payload)..., in the order of idx
-- Returns     OK idx... (audit) | OK number-added (add) | STATE state (the job is over)
-- Invariants  A task that is done, dead, held or waiting is never added.
local function repair(keys, argv)
  local refusal, job = open(keys, argv[1])
  if refusal then
    return refusal
  end
  if OVER[job.state] then
    return { 'STATE', job.state }
  end
  local readers = group(keys)
  if not readers then
    return { 'NOGROUP' }
  end
  local have, reply = known(keys, readers['last-delivered-id']), { 'OK' }
  if argv[2] == 'audit' then
    local limit = whole(argv[3]) or 0
    for index = 0, job.next - 1 do
      if #reply > limit then
        break
      end
      if not have[index] then
        reply[#reply + 1] = index
      end
    end
    return reply
  end

  local gen, before = generation(keys, job.gen + 1, 0), -1
  for at = 3, #argv, 2 do
    local index = whole(argv[at])
    if not index or index <= before or index >= job.next or not argv[at + 1] or not gen then
      return bad('tasks must be planned, in order, once each and with a payload; found ' .. argv[at])
    end
    before = index
  end
  local added = 0
  for at = 3, #argv, 2 do
    if not have[tonumber(argv[at])] then
      add(keys, gen, tonumber(argv[at]), argv[at + 1])
      added = added + 1
    end
  end
  if added > 0 then
    redis.call('HSET', keys[META], 'gen', digits(gen))
    notify(keys, 'repaired')
  end
  return { 'OK', added }
end

-- Returns nil and the parsed manifest of a task, or nil if it has none. Returns a refusal if the manifest is invalid.
local function read_manifest(keys, idx)
  local text = redis.call('HGET', keys[DONE], idx)
  if not text then
    return nil
  end
  local _, found = pcall(cjson.decode, text)
  local fits = type(found) == 'table' and type(found.counters) == 'table'
    and type(found.entry) == 'string' and parse(found.entry)
    and (found.blob == nil or type(found.blob) == 'table')
  if not fits then
    return bad('the manifest of task ' .. idx .. ' in ' .. keys[DONE] .. ' is invalid')
  end
  return nil, found
end

-- Returns the counters without those of a task, as a list for HSET.
local function take_back(keys, idx, counters)
  local sums = {}
  for name, value in pairs(counters) do
    local sum = whole(redis.call('HGET', keys[COUNTERS], name) or '0')
    local counted = type(value) == 'number' and whole(digits(value))
    if not sum or not counted or counted ~= value or counted > sum then
      return bad('cannot subtract task ' .. idx .. ' from ' .. name .. ' in ' .. keys[COUNTERS])
    end
    sums[#sums + 1] = name
    sums[#sums + 1] = digits(sum - counted)
  end
  return nil, sums
end

-- Returns an entry of the task: `entry`, or any other one if a rollback removed it, or nil.
local function entry_of(keys, index, entry)
  return redis.call('XRANGE', keys[TASKS], entry, entry)[1] or find(index, function(from)
    return redis.call('XRANGE', keys[TASKS], from, '+', 'COUNT', PAGE)
  end)
end

-- mr1_reopen: reopens a task that `attempt` did, because its output is lost. This counts as a failed attempt, and the
-- task is dead after `max` of them.
-- KEYS        the keys of a job
-- ARGV        plan idx attempt max reason
-- Returns     REOPENED | DEAD | STALE (not done, or done by another attempt) | STATE state (the job is over)
-- Invariants  Counters stay the sums over `done`. A task is reopened once for each attempt that did it. A blocked
--             reader gets the task at once. If all entries of the task were deleted, a repair finds it missing.
local function reopen(keys, argv)
  local refusal, job = open(keys, argv[1])
  if refusal then
    return refusal
  end
  local index, max = whole(argv[2]), whole(argv[4])
  if not index or not max then
    return bad('invalid task ' .. argv[2] .. ' or max ' .. argv[4])
  end
  if OVER[job.state] then
    return { 'STATE', job.state }
  end
  local done, sums
  refusal, done = read_manifest(keys, argv[2])
  if refusal then
    return refusal
  end
  if not done or not done.blob or done.blob.attempt ~= argv[3] then
    return { 'STALE' }
  end
  refusal, sums = take_back(keys, argv[2], done.counters)
  if refusal then
    return refusal
  end
  local failed = whole(redis.call('HGET', keys[FAILED], argv[2]) or '0')
  local gen = generation(keys, job.gen + 1, index)
  if not failed or not gen then
    return bad(keys[FAILED] .. ' has an invalid number for task ' .. argv[2]
      .. ', or ' .. keys[TASKS] .. ' has used up its entry ids')
  end
  if not group(keys) then
    return { 'NOGROUP' }
  end
  local found = entry_of(keys, index, done.entry)

  if #sums > 0 then
    redis.call('HSET', keys[COUNTERS], unpack(sums))
  end
  redis.call('HDEL', keys[DONE], argv[2])
  redis.call('HSET', keys[FAILED], argv[2], digits(failed + 1))
  redis.call('HSET', keys[META], 'beats', digits(job.beats + 1))
  if failed + 1 >= max then
    redis.call('HSET', keys[DEAD], argv[2], argv[5])
    notify(keys, 'dead ' .. argv[2])
    return { 'DEAD' }
  end
  if found then
    redis.call('HSET', keys[META], 'gen', digits(gen))
    add(keys, gen, index, named(found[2]).payload or '')
  end
  notify(keys, 'reopened ' .. argv[2])
  return { 'REOPENED' }
end

redis.register_function('mr1_repair', repair)
redis.register_function('mr1_reopen', reopen)
