---@meta dnsprobe.fs
-- SPDX-License-Identifier: MIT
-- For the command line only; runbooks do not have it.

---@class dnsprobe.fs
local fs = {}

---@param path string "-": standard input
---@param ordinary? boolean only a regular file of at most 8 MiB: for paths that others than the user name
---@return string? contents
---@return string? message
function fs.read(path, ordinary) end

--- A reader sees the old file or the new one, whole.
---@param path string
---@param data string
---@return true? ok
---@return string? message
function fs.write_atomic(path, data) end

---@class dnsprobe.NewFile a file under a temporary name; gone when it is closed or collected before `commit`
---@field write fun(self, data: string): true?, string?
---@field commit fun(self): true?, string? gives it its name
---@field close fun(self)

--- A file that is written piece by piece and appears whole.
---@param path string
---@return dnsprobe.NewFile? file
---@return string? message
function fs.create(path) end

---@param path string
---@return boolean
function fs.exists(path) end

--- Names of the environment's variables that begin so, sorted.
---@param prefix string
---@return string[]
function fs.environment(prefix) end

---@param path string
---@return string? path absolute, without links
---@return string? message
function fs.realpath(path) end

---@param path string
---@return true? ok
---@return string? message
function fs.mkdir_p(path) end

---@param folder string
---@return string[]? names sorted
---@return string? message
function fs.list(folder) end

---@return string? folder of the running program
function fs.executable_dir() end

---@return { data: string?, source: string? } installed share/dnsprobe; source tree of the build tree
function fs.paths() end

---@param prefix string "dnsprobe.format."
---@return string[] modules of the library, sorted
function fs.modules(prefix) end

---@param data string
---@return string digest hexadecimal
function fs.sha256(data) end

---@param fd integer
---@return boolean
function fs.isatty(fd) end

---@param fd integer
---@return integer? columns of the terminal there
function fs.columns(fd) end

---@param name string
---@return string? value
function fs.getenv(name) end

---@return string
function fs.hostname() end

---@return string
function fs.os() end

return fs
