
-- Permissions of the calling user.

-- mr1_permitted (no writes): finds the commands that the user must not run on the keys of jobs. Otherwise a missing
-- permission would appear in the middle of a function, whose earlier writes stay.
-- KEYS        none
-- ARGV        commands, each with its arguments separated by spaces
-- Returns     OK command...   the commands that are refused, in the order of ARGV
-- Invariants  No command is run.
local function permitted(_, argv)
  local reply = { 'OK' }
  for _, line in ipairs(argv) do
    local words = {}
    for word in string.gmatch(line, '%S+') do
      words[#words + 1] = word
    end
    -- A server that does not know the command raises an error, so the command cannot be run either. A server without
    -- ACLs, such as a simulation, refuses nothing.
    local known, allowed = true, true
    if redis.acl_check_cmd then
      known, allowed = pcall(redis.acl_check_cmd, unpack(words))
    end
    if not (known and allowed) then
      reply[#reply + 1] = line
    end
  end
  return reply
end

redis.register_function {
  function_name = 'mr1_permitted', callback = permitted, flags = { 'no-writes' },
}
