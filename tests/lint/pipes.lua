-- SPDX-License-Identifier: MIT
-- No pipe into a reader that may leave before its writer is done:
--   lua5.4 tests/lint/pipes.lua ROOT
-- `producer | grep -q x` ends at the first match. A producer that still writes then dies of SIGPIPE (141),
-- and under `set -o pipefail` the whole pipe fails although the word was found: on some machines only, where
-- the pipe is short or the producer slow. `grep -m`, `grep -l`, `head`, `sed` with q, awk with exit leave
-- early, too, and so does GNU grep by itself when its output goes to /dev/null. Instead:
--   grep -q x <<<"$(producer)"      producer >file; grep -q x file      producer | sed -n 1p
-- Scripts without pipefail are held to it as well: lines are copied from one to the other. Looked at are
-- shell scripts, and shell inside of Python, CMake and Markdown.

local root = assert(arg[1], "usage: pipes.lua ROOT")
package.path = root .. "/tests/lint/?.lua;" .. package.path
local files = require "files"
local complain, finish = files.complaints()

--- `text` up to the operator that ends its first command; operators in quotes end nothing.
local function command_of(text)
  local quote
  for position = 1, #text do
    local char = text:sub(position, position)
    if quote then
      quote = char ~= quote and quote or nil
    elseif char == '"' or char == "'" then
      quote = char
    elseif char:match("[|;&]") then
      return text:sub(1, position - 1)
    end
  end
  return text
end

-- Whether a reader that is told these words leaves early: its name → fun(words, command).
local early = {}

function early.grep(words, command)
  for _, pattern in ipairs { "%s%-%a*[qlLm]%a*[%s%d]", "%s%-%-quiet", "%s%-%-silent", "%s%-%-max%-count",
    "%s%-%-files%-with" } do
    if words:match(pattern) then
      return true
    end
  end
  return command:match("[^2]>%s*/dev/null") ~= nil
end

function early.head()
  return true
end

function early.sed(words)
  return words:gsub("s(%p).-%1.-%1", ""):match("[%d/;{' ]q[%s;}']") ~= nil
end

function early.awk(words)
  return words:match("%f[%w]exit%f[%W]") ~= nil
end

early.egrep, early.fgrep, early.zgrep = early.grep, early.grep, early.grep
early.mawk, early.gawk = early.awk, early.awk

--- Whether `command` (the right side of a pipe) may leave before its input ends.
---@param command string
---@return string|nil reader its name
local function leaves_early(command)
  local name = command:match("^%s*([%w_]+)")
  local words = " " .. command:gsub(" %-%- .*", "") .. " "
  return early[name] and early[name](words, command) and name or nil
end

--- Calls `visit(text, number)` for each line, joined with those that go on after a `|` or a backslash at its
--- end.
local function each_joined(text, visit)
  local held, first
  files.each_line(text, function(line, number)
    held, first = (held or "") .. line, first or number
    local body = held:match("^(.-)\\$") or held:match("^(.*|)%s*$")
    if body and not body:match("||%s*$") then
      held = body
    else
      visit(held, first)
      held, first = nil, nil
    end
  end)
  if held then
    visit(held, first)
  end
end

--- The first reader of a pipe in `line` that may leave early, or nil.
local function early_reader(line)
  for before, after in line:gmatch("(.)|()") do
    local rest = line:sub(after):gsub("^&", "")
    if before ~= "|" and before ~= ">" and not rest:match("^|") then
      local name = leaves_early(command_of(rest))
      if name then
        return name
      end
    end
  end
end

local function check(path)
  each_joined(files.read(root, path), function(line, number)
    local reader = not line:match("^%s*#") and early_reader(line)
    if reader then
      complain(path, number, "`| " .. reader
        .. "` may leave before its writer is done, which pipefail counts as a failure")
    end
  end)
end

-- ---- the rule itself ----

local refused = { "a | grep -q x", "a | grep -Fxq -- x", "a | grep -m1 x", "a | grep -m 1 x",
  "a | b | grep -c x >/dev/null", "a | head -1",
  "a |& grep -q x", "a | sed 1q", "a | sed -n '/x/{p;q}'", "a | awk '/x/{exit}'", "! a | grep --quiet x",
  "a | grep x > /dev/null" }
local allowed = { "grep -q x file", "a || grep -q x file", "a | grep x", "a | sed -n 1p",
  "a | grep -v -- -quick", "a | sort -u",
  "a | sed 's/q /x/'", "a | awk '{ print }' | sort", "grep -q x <<<\"$(a)\"", "a | grep x 2>/dev/null",
  "a | grep x; grep -q y file" }
for _, line in ipairs(refused) do
  assert(early_reader(line), "is to be refused: " .. line)
end
for _, line in ipairs(allowed) do
  assert(not early_reader(line), "is to be allowed: " .. line)
end

-- ---- all files ----

for _, folder in ipairs { "tests", "examples", ".ci", ".package", ".github", "lua", "runbooks" } do
  for _, path in ipairs(files.list(root, folder, { ".sh", ".py", ".txt", ".cmake", ".md", ".ci/run" })) do
    if not path:match("/vectors/") and not path:match("/corpus/") then
      check(path)
    end
  end
end
check("README.md")
check("CMakeLists.txt")
finish("pipes")
