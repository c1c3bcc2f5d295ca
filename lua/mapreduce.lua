#!lua name=mapreduce1

-- Coordination of a MapReduce job: every step that must happen whole or not at all.
--
-- KEYS, the same ten for every function of a job J, all `mr:{J}:...`:
--   1 meta      hash    plan state total next spec owner abi gen sum beats created
--                           [reason] [retired]
--   2 tasks     stream  entry <gen>-<idx+1> with the fields idx, payload; consumer group `workers`
--   3 done      hash    idx -> manifest (JSON); the truth about what is complete
--   4 failed    hash    idx -> failed attempts
--   5 dead      hash    idx -> reason
--   6 counters  hash    name -> sum over the tasks that are done
--   7 counts    zset    key -> count
--   8 workers   hash    worker -> time of its last sign of life, in ms
--   9 events    stream  capped; wakes whoever watches the job
--  10 parts     hash    gates of commits in several parts, while they are incomplete
--
-- Replies are arrays that start with a word. Every function may also reply
--   WRONGTYPE text | NOPLAN | PLAN_MISMATCH plan-found | NOGROUP | BAD text
--
-- A function that fails midway keeps what it wrote. Therefore all that can fail is looked at before the
-- first write, sums are computed here and stored with HSET, and pairs go to ZINCRBY as the text they
-- came as: a Lua number would become a float on its way.

-- The loader puts a hash of this text here; another one in the server means another library.
local VERSION = '@VERSION@'

local META, TASKS, DONE, FAILED, DEAD = 1, 2, 3, 4, 5
local COUNTERS, COUNTS, WORKERS, EVENTS, PARTS = 6, 7, 8, 9, 10
local SHAPES = {
  'hash', 'stream', 'hash', 'hash', 'hash', 'hash', 'zset', 'hash', 'stream', 'hash',
}
local GROUP = 'workers'
local OVER = { DONE = true, FAILED = true, CANCELLED = true }
-- Doubles, and so scores of sorted sets, are exact up to here: 2^53.
local LIMIT, LIMIT_TEXT = 9007199254740992, '9007199254740992'
-- Entries per XPENDING, XRANGE and XACK: below what `unpack` takes (7,998), small in memory.
local PAGE = 1000
-- A worker that was heard of within this time is alive; after an hour it may be forgotten. In ms.
local ALIVE, FORGET = 60000, 3600000

-- The number that `text` is in plain digits, if it is at most 2^53; otherwise nil.
local function whole(text)
  if type(text) ~= 'string' or not (text == '0' or string.find(text, '^[1-9]%d*$')) then
    return nil
  end
  if #text > 16 or (#text == 16 and text > LIMIT_TEXT) then
    return nil
  end
  return tonumber(text)
end

local function digits(number)
  return string.format('%.0f', number)
end

local function bad(text)
  return { 'BAD', text }
end

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- A flat list of names and values as a table.
local function named(flat)
  local fields = {}
  for at = 1, #flat, 2 do
    fields[flat[at]] = flat[at + 1]
  end
  return fields
end

local function wrong_type(keys)
  for at, shape in ipairs(SHAPES) do
    local found = redis.call('TYPE', keys[at]).ok
    if found ~= 'none' and found ~= shape then
      return { 'WRONGTYPE', keys[at] .. ' is a ' .. found .. ', it must be a ' .. shape }
    end
  end
end

-- The reply that refuses, or nil and the job under `plan`.
local function open(keys, plan)
  local refusal = wrong_type(keys)
  if refusal then
    return refusal
  end
  local meta = redis.call('HMGET', keys[META],
    'plan', 'state', 'total', 'next', 'gen', 'sum', 'beats')
  if not meta[1] then
    return { 'NOPLAN' }
  end
  if meta[1] ~= plan then
    return { 'PLAN_MISMATCH', meta[1] }
  end
  local job = { state = meta[2] }
  for at, name in ipairs({ 'total', 'next', 'gen', 'sum', 'beats' }) do
    job[name] = whole(meta[at + 2])
    if not job[name] then
      return bad(keys[META] .. ' holds no whole number in ' .. name)
    end
  end
  return nil, job
end

-- The consumer group as XINFO shows it; nil if it is gone.
local function group(keys)
  if redis.call('EXISTS', keys[TASKS]) == 0 then
    return nil
  end
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', keys[TASKS])) do
    local found = named(flat)
    if found.name == GROUP then
      return found
    end
  end
end

-- Generation and number of a stream entry id; nil if it is none of ours.
local function parse(entry)
  local gen, seq = string.match(entry, '^(%d+)-(%d+)$')
  if gen and #gen <= 16 and #seq <= 16 then
    return tonumber(gen), tonumber(seq)
  end
end

local function last_id(keys)
  if redis.call('EXISTS', keys[TASKS]) == 0 then
    return '0-0'
  end
  return named(redis.call('XINFO', 'STREAM', keys[TASKS]))['last-generated-id']
end

-- The lowest generation, from `gen` on, in which an entry for `index` may still be added: XADD refuses
-- ids that are not above the last one. nil if somebody pushed the stream to its end.
local function generation(keys, gen, index)
  local last_gen, last_seq = parse(last_id(keys))
  if not last_gen or last_gen >= LIMIT or gen >= LIMIT then
    return nil
  end
  if gen > last_gen or (gen == last_gen and index + 1 > last_seq) then
    return gen
  end
  return last_gen + 1
end

local function add(keys, gen, index, payload)
  redis.call('XADD', keys[TASKS], digits(gen) .. '-' .. digits(index + 1),
    'idx', digits(index), 'payload', payload)
end

local function ack(keys, entry)
  return redis.call('XACK', keys[TASKS], GROUP, entry)
end

-- Who holds the entry; nil if nobody does. The group must exist.
local function holder(keys, entry)
  local pending = redis.call('XPENDING', keys[TASKS], GROUP, entry, entry, 1)
  return pending[1] and pending[1][2]
end

-- Always the last write, and allowed to fail: an event only wakes, it carries nothing.
local function tell(keys, event)
  redis.pcall('XADD', keys[EVENTS], 'MAXLEN', '~', '1000', '*', 'event', event)
end

-- mr1_plan: appends the tasks from `start`; those below meta.next are there already.
-- ARGV    plan total spec owner abi start payload...
-- Reply   NEXT next | COMPLETE | GAP next | PLAN_MISMATCH plan-found
-- Keeps   no index is appended twice; state leaves PLANNING only with all tasks in the stream.
local function plan(keys, argv)
  local total, start = whole(argv[2]), whole(argv[6])
  if not total or total < 1 or total > 4294967295 or not start or start + #argv - 6 > total then
    return bad('a plan has 1 to 2^32-1 tasks, and they lie within its total')
  end
  local refusal, job = open(keys, argv[1])
  local fresh = refusal and refusal[1] == 'NOPLAN'
  if fresh then
    for at = TASKS, PARTS do
      if redis.call('EXISTS', keys[at]) == 1 then
        return bad(keys[at] .. ' is left of a job without a plan: delete it, or use another job.id')
      end
    end
    job = { state = 'PLANNING', total = total, next = 0, gen = 1 }
  elseif refusal then
    return refusal
  end
  if OVER[job.state] then
    return { 'COMPLETE' }
  end
  if job.state == 'PLANNING' and start > job.next then
    return { 'GAP', digits(job.next) }
  end
  local gen = generation(keys, job.gen, job.next)
  if not gen then
    return bad(keys[TASKS] .. ' has come to the end of its entry ids')
  end

  if fresh then
    redis.call('HSET', keys[META], 'plan', argv[1], 'state', 'PLANNING', 'total', argv[2],
      'next', '0', 'spec', argv[3], 'owner', argv[4], 'abi', argv[5], 'gen', '1',
      'sum', '0', 'beats', '0', 'created', digits(now()))
  end
  if not group(keys) then
    redis.call('XGROUP', 'CREATE', keys[TASKS], GROUP, '0', 'MKSTREAM')
  end
  if job.state ~= 'PLANNING' then
    return { 'COMPLETE' }
  end
  for at = 7 + job.next - start, #argv do
    add(keys, gen, job.next, argv[at])
    job.next = job.next + 1
  end
  redis.call('HSET', keys[META], 'next', digits(job.next), 'gen', digits(gen))
  if job.next < job.total then
    return { 'NEXT', digits(job.next) }
  end
  redis.call('HSET', keys[META], 'state', 'MAP')
  tell(keys, 'planned')
  return { 'COMPLETE' }
end

-- The new sums of the counters at argv[first], as a list for HSET.
local function fold(keys, argv, first, count)
  local sums = {}
  for at = first, first + 2 * count - 1, 2 do
    local name, value = argv[at], whole(argv[at + 1])
    local before = whole(redis.call('HGET', keys[COUNTERS], name) or '0')
    if not before then
      return bad(keys[COUNTERS] .. ' holds no whole number in ' .. name)
    end
    if not value or value > LIMIT - before then
      return { 'OVERFLOW', 'the counter ' .. name .. ' is beyond 2^53' }
    end
    sums[#sums + 1] = name
    sums[#sums + 1] = digits(before + value)
  end
  return nil, sums
end

-- The sum of the increments of the pairs from argv[first] on.
local function add_up(argv, first)
  if (#argv - first) % 2 == 0 then
    return bad('a key without its count')
  end
  local sum = 0
  for at = first + 1, #argv, 2 do
    local count = whole(argv[at])
    if not count or count == 0 or count > LIMIT - sum then
      local key, text = string.sub(argv[at - 1], 1, 100), string.sub(argv[at], 1, 40)
      if string.find(text, '^[1-9]%d*$') then
        return { 'OVERFLOW', 'the count ' .. text .. ' of the key "' .. key .. '" leads beyond 2^53' }
      end
      return bad('the count ' .. text .. ' of the key "' .. key .. '" is not a whole number above 0')
    end
    sum = sum + count
  end
  return nil, sum
end

-- The gate of a commit in parts: `repeated` if this part was counted before, `have` parts counted, `left`
-- to be counted in the parts that are missing. `index`'s field in `parts` is parts:total:have:left.
local function gate(keys, argv, total)
  local index, part, parts = argv[2], whole(argv[6]), whole(argv[7])
  if not part or not parts or part >= parts or not total then
    return bad('part ' .. argv[6] .. ' of ' .. argv[7] .. ' with the total ' .. argv[8])
  end
  local text = redis.call('HGET', keys[PARTS], index)
  if not text then
    return nil, { part = part, parts = parts, have = 0, left = total, first = true }
  end
  local found_parts, found_total, have, left = string.match(text, '^(%d+):(%d+):(%d+):(%d+)$')
  if found_parts ~= argv[7] or found_total ~= argv[8] then
    return bad('task ' .. index .. ' has parts of another attempt that differ: ' .. text)
  end
  local repeated = redis.call('HEXISTS', keys[PARTS], index .. ':' .. part) == 1
  return nil, { part = part, parts = parts, have = tonumber(have), left = tonumber(left), repeated = repeated }
end

-- All that a commit must fulfil beyond an unfinished task in a running job; looks, does not write.
local function check(keys, argv, job)
  local count, total = whole(argv[9]), whole(argv[8])
  if not whole(argv[5]) or not count or count > 100 or #argv < 9 + 2 * count then
    return bad('the arguments do not fit together')
  end
  local refusal, work = gate(keys, argv, total)
  if refusal or work.repeated then
    return refusal, work
  end
  if work.first and total > LIMIT - job.sum then
    return { 'OVERFLOW', 'the sum of all counts leads beyond 2^53 with the ' .. argv[8] .. ' of task ' .. argv[2] }
  end
  refusal, work.sums = fold(keys, argv, 10, count)
  if refusal then
    return refusal
  end
  work.pairs = 10 + 2 * count
  local sum
  refusal, sum = add_up(argv, work.pairs)
  if refusal then
    return refusal
  end
  work.have, work.left = work.have + 1, work.left - sum
  work.last = work.have == work.parts
  if work.left < 0 or (work.last and work.left > 0) then
    return bad('the counts of task ' .. argv[2] .. ' do not add up to its total ' .. argv[8])
  end
  work.sum = job.sum + (work.first and total or 0)
  return nil, work
end

local function manifest(argv)
  local records = '0'
  for at = 10, 9 + 2 * whole(argv[9]), 2 do
    if argv[at] == 'records' then
      records = argv[at + 1]
    end
  end
  return string.format('{"worker":%s,"attempt":%s,"records":%s,"parts":%s}',
    cjson.encode(argv[4]), argv[5], records, argv[7])
end

-- mr1_commit: completes a task and folds its output into the counts, once.
-- ARGV    plan idx entry worker attempt part parts total ncounters (name value)... (key count)...
--         `total` is the sum of all counts of all parts; it is reserved in meta.sum with the first part,
--         so that no later part can overflow. Counters are folded with the last part.
-- Reply   OK | PART (counted, now or before; others are missing) | DUP | STATE state | OVERFLOW text
-- Keeps   each (idx, part) is counted once, whoever sends it; gated on (plan, idx), never on the entry;
--         the sum of the scores = meta.sum once no gate is open.
local function commit(keys, argv)
  local refusal, job = open(keys, argv[1])
  if refusal then
    return refusal
  end
  local index, entry = whole(argv[2]), argv[3]
  local _, seq = parse(entry)
  if not index or index >= job.total or seq ~= index + 1 then
    return bad('entry ' .. entry .. ' and task ' .. argv[2] .. ' of ' .. digits(job.total))
  end
  if redis.call('HEXISTS', keys[DONE], argv[2]) == 1 then
    ack(keys, entry)
    return { 'DUP' }
  end
  if job.state ~= 'MAP' and job.state ~= 'REDUCE' then
    return { 'STATE', job.state }
  end
  local work
  refusal, work = check(keys, argv, job)
  if refusal then
    return refusal
  end
  if work.repeated then
    return { 'PART' }
  end

  for at = work.pairs, #argv, 2 do
    redis.call('ZINCRBY', keys[COUNTS], argv[at + 1], argv[at])
  end
  redis.call('HSET', keys[META], 'sum', digits(work.sum), 'beats', digits(job.beats + 1))
  if not work.last then
    redis.call('HSET', keys[PARTS], argv[2] .. ':' .. argv[6], '1', argv[2],
      argv[7] .. ':' .. argv[8] .. ':' .. digits(work.have) .. ':' .. digits(work.left))
    return { 'PART' }
  end
  if work.parts > 1 then
    redis.call('HDEL', keys[PARTS], argv[2])
    for part = 0, work.parts - 1 do
      redis.call('HDEL', keys[PARTS], argv[2] .. ':' .. part)
    end
  end
  if #work.sums > 0 then
    redis.call('HSET', keys[COUNTERS], unpack(work.sums))
  end
  redis.call('HSET', keys[DONE], argv[2], manifest(argv))
  -- A late success mends a task that was given up.
  redis.call('HDEL', keys[DEAD], argv[2])
  ack(keys, entry)
  tell(keys, 'done ' .. argv[2])
  return { 'OK' }
end

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
  -- Workers that hold nothing are no sign that the job goes on.
  if #argv > 2 then
    redis.call('HSET', keys[META], 'beats', digits(job.beats + 1))
  end
  forget(keys, time)
  for at = 3, #argv do
    local entry = argv[at]
    local _, seq = parse(entry)
    if redis.call('HEXISTS', keys[DONE], digits(seq - 1)) == 1 then
      ack(keys, entry)
    elseif holder(keys, entry) == argv[2] then
      reply[at - 1] = #redis.call('XCLAIM', keys[TASKS], GROUP, argv[2], 0, entry, 'JUSTID')
    end
  end
  return reply
end

-- mr1_fail: gives a task back; with blame 1 it counts, and the task is dead after `max` failed attempts.
-- ARGV    plan idx entry worker blame max reason
-- Reply   RETRY | DEAD | STALE (done, dead, another's, or the job is over)
-- Keeps   only the holder can fail a task; a blocked reader gets it at once, under a higher id.
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
  if redis.call('HEXISTS', keys[DONE], argv[2]) == 1 or redis.call('HEXISTS', keys[DEAD], argv[2]) == 1 then
    ack(keys, entry)
    return { 'STALE' }
  end
  local found = redis.call('XRANGE', keys[TASKS], entry, entry)[1]
  if holder(keys, entry) ~= argv[4] or not found then
    return { 'STALE' }
  end
  local failed = whole(redis.call('HGET', keys[FAILED], argv[2]) or '0')
  local gen = generation(keys, job.gen + 1, index)
  if not failed or not gen then
    return bad(keys[FAILED] .. ' or the ids of ' .. keys[TASKS] .. ' at task ' .. argv[2])
  end

  if argv[5] == '1' then
    failed = failed + 1
    redis.call('HSET', keys[FAILED], argv[2], digits(failed))
  end
  redis.call('HSET', keys[META], 'beats', digits(job.beats + 1))
  ack(keys, entry)
  if argv[5] == '1' and failed >= max then
    redis.call('HSET', keys[DEAD], argv[2], argv[7])
    tell(keys, 'dead ' .. argv[2])
    return { 'DEAD' }
  end
  redis.call('HSET', keys[META], 'gen', digits(gen))
  add(keys, gen, index, named(found[2]).payload or '')
  tell(keys, 'retry ' .. argv[2])
  return { 'RETRY' }
end

-- Every index that is done, dead, held or waiting.
local function known(keys, last_delivered)
  local have = {}
  for _, at in ipairs({ DONE, DEAD }) do
    for _, index in ipairs(redis.call('HKEYS', keys[at])) do
      have[tonumber(index) or -1] = true
    end
  end
  local function note(page)
    for _, entry in ipairs(page) do
      local _, seq = parse(entry[1])
      have[(seq or 0) - 1] = true
    end
    return #page == PAGE and '(' .. page[PAGE][1]
  end
  local from = '-'
  while from do
    from = note(redis.call('XPENDING', keys[TASKS], GROUP, from, '+', PAGE))
  end
  from = '(' .. last_delivered
  while from do
    from = note(redis.call('XRANGE', keys[TASKS], from, '+', 'COUNT', PAGE))
  end
  return have
end

-- mr1_repair: finds planned indexes that are lost, or adds them again.
-- ARGV    plan `audit` limit                   Reply   OK idx...
-- ARGV    plan `add` (idx payload)..., by idx  Reply   OK number-added
-- Both    STATE state, if the job is over
-- Keeps   an index that is done, dead, held or waiting is not added.
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
      return bad('tasks to add come once each, in order, each with its payload; found ' .. argv[at])
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
    tell(keys, 'repaired')
  end
  return { 'OK', added }
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
  if job.state ~= 'DONE' then
    redis.call('HSET', keys[META], 'state', 'DONE')
    tell(keys, 'finished')
  end
  return { 'DONE' }
end

-- mr1_abandon: ends a job that is not over as FAILED.
-- ARGV    plan reason                          Reply   OK
local function abandon(keys, argv)
  local refusal, job = open(keys, argv[1])
  if refusal then
    return refusal
  end
  if not OVER[job.state] then
    redis.call('HSET', keys[META], 'state', 'FAILED', 'reason', argv[2])
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
  for at = META, PARTS do
    redis.call('PEXPIREAT', keys[at], till)
  end
  return { 'OK' }
end

-- The first ten dead letters by index, as idx reason idx reason ...
local function dead_letters(keys)
  local order, letters = redis.call('HKEYS', keys[DEAD]), {}
  table.sort(order, function(a, b)
    return (tonumber(a) or 0) < (tonumber(b) or 0)
  end)
  for at = 1, math.min(10, #order) do
    letters[2 * at - 1] = order[at]
    letters[2 * at] = redis.call('HGET', keys[DEAD], order[at])
  end
  return letters
end

-- mr1_status (no writes): one consistent picture.
-- ARGV    none
-- Reply   OK (plan state total next beats reason) done pending waiting failed dead workers
--            (counter value ...) (idx reason ...)
local function status(keys)
  local refusal = wrong_type(keys)
  if refusal then
    return refusal
  end
  local meta = redis.call('HMGET', keys[META], 'plan', 'state', 'total', 'next', 'beats', 'reason')
  if not meta[1] then
    return { 'NOPLAN' }
  end
  local readers = group(keys) or { pending = 0, lag = 0 }
  local failed, alive, time = 0, 0, now()
  for _, attempts in ipairs(redis.call('HVALS', keys[FAILED])) do
    failed = failed + (whole(attempts) or 0)
  end
  for _, heard in ipairs(redis.call('HVALS', keys[WORKERS])) do
    if time - (whole(heard) or 0) < ALIVE then
      alive = alive + 1
    end
  end
  return {
    'OK', meta, redis.call('HLEN', keys[DONE]), readers.pending, readers.lag or 0, failed,
    redis.call('HLEN', keys[DEAD]), alive, redis.call('HGETALL', keys[COUNTERS]), dead_letters(keys),
  }
end

redis.register_function('mr1_plan', plan)
redis.register_function('mr1_commit', commit)
redis.register_function('mr1_renew', renew)
redis.register_function('mr1_fail', fail)
redis.register_function('mr1_repair', repair)
redis.register_function('mr1_finish', finish)
redis.register_function('mr1_abandon', abandon)
redis.register_function('mr1_retire', retire)
redis.register_function { function_name = 'mr1_status', callback = status, flags = { 'no-writes' } }
redis.register_function {
  function_name = 'mr1_version',
  callback = function()
    return VERSION
  end,
  flags = { 'no-writes' },
}
