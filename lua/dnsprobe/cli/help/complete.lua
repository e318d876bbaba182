-- SPDX-License-Identifier: MIT
-- dnsprobe help completion bash|zsh|fish: the script that a shell reads. dnsprobe help complete [--] WORD...:
-- what it asks.

local exit = require "dnsprobe.base.exit"
local nearest = require "dnsprobe.base.nearest"

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

scripts.zsh = [=[
#compdef dnsprobe
# zsh completion of dnsprobe: the program itself says what fits. What ends in = is not followed by a space.
_dnsprobe() {
    local line program=${(Q)words[1]}
    local -a found open
    program=${~program}
    while IFS= read -r line; do
        line=${line//:/\\:}
        if [[ ${line%%$'\t'*} == *= ]]; then
            open+=("${line/$'\t'/:}")
        else
            found+=("${line/$'\t'/:}")
        fi
    done < <("$program" help complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)
    if (( ${#found} + ${#open} )); then
        _describe -t words dnsprobe found -- open -S ''
    else
        _files
    fi
}
if [ "$funcstack[1]" = _dnsprobe ]; then _dnsprobe "$@"; else compdef _dnsprobe dnsprobe; fi
]=]

scripts.fish = [[
# fish completion of dnsprobe: the program itself says what fits; files where it knows nothing.
function __dnsprobe_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -l found ($program help complete -- $words[2..-1] 2>/dev/null)
    if set -q found[1]
        printf '%s\n' $found
    else
        set -l option (string match -r '^--[^=]+=' -- $words[-1])
        __fish_complete_path (string replace -r '^--[^=]+=' '' -- $words[-1]) | string replace -r -- '^' "$option"
    end
end
complete -c dnsprobe -f -a '(__dnsprobe_complete)'
]]

--- A completion script, or the candidates for a line.
---@param words string[]
---@param topic string "completion" or "complete"
---@return string
function M.page(words, topic)
    if topic == "completion" then
        local script = scripts[words[1] or ""]
        if not script then
            exit.usage(
                "help completion: a shell is needed%s",
                nearest.hint(words[1] or "", { "bash", "fish", "zsh" })
            )
        end
        return script
    end
    if words[1] == "--" then -- so that a -h among the words is one of them
        table.remove(words, 1)
    end
    local out, plain = {}, require("dnsprobe.base.table").plain
    for _, one in ipairs(require("dnsprobe.cli.tool.complete").candidates(words)) do
        out[#out + 1] = one[2] and one[2] ~= "" and ("%s\t%s\n"):format(plain(one[1]), plain(one[2]))
            or plain(one[1]) .. "\n"
    end
    return table.concat(out)
end

return M
