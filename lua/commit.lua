
-- Committing: completes a task and publishes its output.

-- Returns the new sums of the counters at argv[first], as a list for HSET.
local function add_counters(keys, argv, first, count)
  local sums = {}
  for at = first, first + 2 * count - 1, 2 do
    local name, value = argv[at], whole(argv[at + 1])
    local before = whole(redis.call('HGET', keys[COUNTERS], name) or '0')
    if not before then
      return bad(keys[COUNTERS] .. ' has an invalid number in ' .. name)
    end
    if not value or value > LIMIT - before then
      return { 'OVERFLOW', 'the counter ' .. name .. ' would exceed 2^53' }
    end
    sums[#sums + 1] = name
    sums[#sums + 1] = digits(before + value)
  end
  return nil, sums
end

-- Returns the sum of the counts of the pairs from argv[first] on.
local function add_up(argv, first)
  if (#argv - first) % 2 == 0 then
    return bad('a key has no count')
  end
  local sum = 0
  for at = first + 1, #argv, 2 do
    local count = whole(argv[at])
    if not count or count == 0 or count > LIMIT - sum then
      local key, text = string.sub(argv[at - 1], 1, 100), string.sub(argv[at], 1, 40)
      if string.find(text, '^[1-9]%d*$') then
        return { 'OVERFLOW', 'adding ' .. text .. ' to the count of the key "' .. key .. '" would exceed 2^53' }
      end
      return bad('the count ' .. text .. ' of the key "' .. key .. '" is not a whole number above 0')
    end
    sum = sum + count
  end
  return nil, sum
end

-- Returns the gate of a commit in several batches: `repeated` if this batch was counted before, `have` batches counted,
-- `left` as the sum of the counts in the missing batches. The field `index` of the key `parts` is
-- batches:total:have:left.
local function gate(keys, argv, total)
  local index, batch, batches = argv[2], whole(argv[6]), whole(argv[7])
  if not batch or not batches or batch >= batches or not total then
    return bad('invalid batch ' .. argv[6] .. ' of ' .. argv[7] .. ' with the total ' .. argv[8])
  end
  local text = redis.call('HGET', keys[PARTS], index)
  if not text then
    return nil, { batch = batch, batches = batches, have = 0, left = total, first = true }
  end
  local found_batches, found_total, have, left = string.match(text, '^(%d+):(%d+):(%d+):(%d+)$')
  if found_batches ~= argv[7] or found_total ~= argv[8] then
    return bad('task ' .. index .. ' has batches of another attempt that differ: ' .. text)
  end
  local repeated = redis.call('HEXISTS', keys[PARTS], index .. ':' .. batch) == 1
  return nil, {
    batch = batch, batches = batches, have = tonumber(have), left = tonumber(left), repeated = repeated,
  }
end

-- Returns the reply that refuses a stored output, or nil. The JSON goes into the manifest unchanged, since its sizes
-- may exceed what a Lua number holds exactly. It must therefore have exactly this form.
local function refuse_stored(argv)
  if argv[9] == '' then
    return nil
  end
  local attempt, bytes, records, sum =
    string.match(argv[9], '^{"attempt":"([^"\\%c]+)","bytes":(%d+),"records":(%d+),"sum":(%d+)}$')
  for _, size in ipairs({ bytes or '', records, sum }) do
    if #size > 19 or not (size == '0' or string.find(size, '^[1-9]')) then
      attempt = nil
    end
  end
  if not attempt then
    return bad('the output of task ' .. argv[2] .. ' is not the JSON of {attempt bytes records sum}')
  end
  if argv[7] ~= '1' or argv[8] ~= '0' then
    return bad('task ' .. argv[2] .. ' has a stored output, but also batches or counts')
  end
end

-- Checks a commit of an unfinished task in a running job. Reads, but does not write.
local function check(keys, argv, job)
  local count, total = whole(argv[10]), whole(argv[8])
  if not whole(argv[5]) or not count or count > 100 or #argv < 10 + 2 * count then
    return bad('the numbers of arguments, counters and attempts do not match')
  end
  local refusal = refuse_stored(argv)
  if refusal then
    return refusal
  end
  local work
  refusal, work = gate(keys, argv, total)
  if refusal or work.repeated then
    return refusal, work
  end
  if work.first and total > LIMIT - job.sum then
    return { 'OVERFLOW', 'adding the counts of task ' .. argv[2] .. ' (total: ' .. argv[8] .. ') would exceed 2^53' }
  end
  refusal, work.sums = add_counters(keys, argv, 11, count)
  if refusal then
    return refusal
  end
  work.pairs = 11 + 2 * count
  local sum
  refusal, sum = add_up(argv, work.pairs)
  if refusal then
    return refusal
  end
  work.have, work.left = work.have + 1, work.left - sum
  work.last = work.have == work.batches
  if work.left < 0 or (work.last and work.left > 0) then
    return bad('the counts of task ' .. argv[2] .. ' do not add up to its total ' .. argv[8])
  end
  work.sum = job.sum + (work.first and total or 0)
  return nil, work
end

-- Returns the manifest of the task. All of argv has been checked.
local function manifest(argv)
  local counters, blob = {}, ''
  for at = 11, 10 + 2 * whole(argv[10]), 2 do
    counters[#counters + 1] = cjson.encode(argv[at]) .. ':' .. argv[at + 1]
  end
  if argv[9] ~= '' then
    blob = ',"blob":' .. argv[9]
  end
  return '{"worker":' .. cjson.encode(argv[4]) .. ',"attempt":' .. argv[5]
    .. ',"entry":"' .. argv[3] .. '","parts":' .. argv[7]
    .. ',"counters":{' .. table.concat(counters, ',') .. '}' .. blob .. '}'
end

-- mr1_commit: completes a task and counts its pairs, or records its stored output, exactly once.
-- KEYS        the keys of a job
-- ARGV        plan idx entry worker attempt batch batches total output ncounters (name value)... (key count)...
--             `output` is empty, or the JSON of a stored output. Then there is a single batch without pairs.
--             `total` is the sum of the counts in all batches. The first batch reserves it in meta.sum, so that no
--             later batch can overflow. The last batch adds the counters.
-- Returns     OK | PART (counted, now or before; other batches are missing) | DUP | STATE state | OVERFLOW text
--             STATE PLANNING also means that the task is not planned: a rollback removed it, and the master adds it
--             again.
-- Invariants  Each (idx, batch) is counted once, no matter which worker sends it. A commit is gated on (plan, idx),
--             never on the entry. The sum of the scores equals meta.sum while no gate is open.
local function commit(keys, argv)
  local refusal, job = open(keys, argv[1])
  if refusal then
    return refusal
  end
  local index, entry = whole(argv[2]), argv[3]
  local _, seq = parse(entry)
  if not index or index >= job.total or seq ~= index + 1 then
    return bad('entry ' .. entry .. ' does not belong to task ' .. argv[2] .. ' of ' .. digits(job.total))
  end
  if redis.call('HEXISTS', keys[DONE], argv[2]) == 1 then
    ack(keys, entry)
    return { 'DUP' }
  end
  if job.state ~= 'MAP' and job.state ~= 'REDUCE' then
    return { 'STATE', job.state }
  end
  if index >= job.next then
    return { 'STATE', 'PLANNING' }
  end
  local work
  refusal, work = check(keys, argv, job)
  if refusal then
    return refusal
  end
  if work.repeated then
    return { 'PART' }
  end
  local held = work.last and held_by(keys, entry, argv[4])

  for at = work.pairs, #argv, 2 do
    redis.call('ZINCRBY', keys[COUNTS], argv[at + 1], argv[at])
  end
  redis.call('HSET', keys[META], 'sum', digits(work.sum), 'beats', digits(job.beats + 1))
  if not work.last then
    redis.call('HSET', keys[PARTS], argv[2] .. ':' .. argv[6], '1', argv[2],
      argv[7] .. ':' .. argv[8] .. ':' .. digits(work.have) .. ':' .. digits(work.left))
    return { 'PART' }
  end
  if work.batches > 1 then
    redis.call('HDEL', keys[PARTS], argv[2])
    for batch = 0, work.batches - 1 do
      redis.call('HDEL', keys[PARTS], argv[2] .. ':' .. batch)
    end
  end
  if #work.sums > 0 then
    redis.call('HSET', keys[COUNTERS], unpack(work.sums))
  end
  redis.call('HSET', keys[DONE], argv[2], manifest(argv))
  -- A late commit revives a dead task.
  redis.call('HDEL', keys[DEAD], argv[2])
  ack(keys, entry)
  record_hold_time(keys, job, index, held)
  notify(keys, 'done ' .. argv[2])
  return { 'OK' }
end

redis.register_function('mr1_commit', commit)
