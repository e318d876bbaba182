-- SPDX-License-Identifier: MIT
-- dnsprobe help completion bash|zsh|fish: the script that a shell reads. dnsprobe help complete [--] WORD...: what it asks.

local exit = require "dnsprobe.exit"
local nearest = require "dnsprobe.nearest"

local M = {}

local scripts = {}

scripts.bash = [[
# bash completion of dnsprobe: the program itself says what fits.
_dnsprobe() {
    local IFS=$'\n' line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("${line%%$'\t'*}")
    done < <("${COMP_WORDS[0]}" help complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    [ ${#COMPREPLY[@]} -ne 1 ] || case ${COMPREPLY[0]} in *=) compopt -o nospace ;; esac
}
complete -o default -F _dnsprobe dnsprobe
]]

scripts.zsh = [[
#compdef dnsprobe
# zsh completion of dnsprobe: the program itself says what fits.
_dnsprobe() {
    local line
    local -a found
    while IFS= read -r line; do
        line=${line//:/\\:}
        found+=("${line/$'\t'/:}")
    done < <("${words[1]}" help complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
    if (( ${#found} )); then
        _describe -t words dnsprobe found
    else
        _files
    fi
}
if [ "$funcstack[1]" = _dnsprobe ]; then _dnsprobe "$@"; else compdef _dnsprobe dnsprobe; fi
]]

scripts.fish = [[
# fish completion of dnsprobe: the program itself says what fits.
function __dnsprobe_complete
    set -l words (commandline -opc) (commandline -ct)
    $words[1] help complete -- $words[2..-1] 2>/dev/null
end
complete -c dnsprobe -a '(__dnsprobe_complete)'
]]

--- A completion script, or the candidates for a line.
---@param words string[]
---@param topic string "completion" or "complete"
---@return string
function M.page(words, topic)
    if topic == "completion" then
        local script = scripts[words[1] or ""]
        if not script then
            exit.usage("help completion: a shell is needed%s", nearest.hint(words[1] or "", { "bash", "fish", "zsh" }))
        end
        return script
    end
    if words[1] == "--" then -- so that a -h among the words is one of them
        table.remove(words, 1)
    end
    local out, plain = {}, require("dnsprobe.render.table").plain
    for _, one in ipairs(require("dnsprobe.complete").candidates(words)) do
        out[#out + 1] = one[2] and one[2] ~= "" and ("%s\t%s\n"):format(plain(one[1]), plain(one[2])) or plain(one[1]) .. "\n"
    end
    return table.concat(out)
end

return M
