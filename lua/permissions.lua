
-- Rights: what the user who calls may do.

-- mr1_permitted (no writes): which commands the user may not run on our keys. Without this a right that
-- lacks shows in the middle of a function, whose earlier writes stay.
-- ARGV    a command with arguments, separated by spaces...
-- Reply   OK command...   those that are refused, in their order
local function permitted(_, argv)
  local reply = { 'OK' }
  for _, line in ipairs(argv) do
    local words = {}
    for word in string.gmatch(line, '%S+') do
      words[#words + 1] = word
    end
    -- A server that does not know the command raises an error: it is not there for us either. One that knows no
    -- rights, as in a simulation, refuses nothing.
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
