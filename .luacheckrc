-- luacheck over all Lua of the project; run by ctest as lint.lua.
std = "lua54"
max_line_length = 240
exclude_files = { "build*/**" }
files["lua/meta"] = { ignore = { "211", "212", "241" } }
files["tests/lua"] = { std = "lua54+busted" }
files["tests/lua/support/commandline.lua"] = { globals = { "io" } } -- catches what the commands print
