/**
 * The scripts that make a shell ask this tool what could come next. They contain none of its
 * commands, so an installed script stays correct.
 */
import { PROGRAM } from "../command.ts";

/** The shells that have a script, by their usual names. */
export const SHELLS: readonly Shell[] = ["bash", "zsh", "fish", "powershell"];

/** A shell that has a script. */
export type Shell = "bash" | "zsh" | "fish" | "powershell";

/** The script for a shell. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}

// The reply has words in the form in which bash inserts them. `compopt` and its options need bash
// 4; an older bash completes no paths.
const BASH = `# bash completion for ${PROGRAM}
_asset_generator() {
    local kind= after= word
    COMPREPLY=()
    {
        IFS=$'\\t' read -r kind after
        while IFS= read -r word; do
            COMPREPLY+=("$word")
        done
    } < <(command ${PROGRAM} complete bash "$COMP_WORDBREAKS" "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    case $kind in
        beginnings) compopt -o nospace ;;
        files) compopt -o default ;;
        directories) compopt -o dirnames ;;
    esac 2>/dev/null
}
complete -F _asset_generator ${PROGRAM}
`;

const ZSH = `#compdef ${PROGRAM}
# zsh completion for ${PROGRAM}
_asset_generator() {
    local current="$QIPREFIX$PREFIX" kind after width=0 line
    local -a answer values shown more
    [[ -n $QIPREFIX ]] && current+="\${QIPREFIX[-1]}"
    answer=("\${(@f)$(command ${PROGRAM} complete zsh "\${(@Q)words[2,CURRENT-1]}" "\${(Q)current}" 2>/dev/null)}")
    kind="\${answer[1]%%$'\\t'*}" after="\${answer[1]#*$'\\t'}"
    case $kind in
        files) compset -p \${#after}; _files ;;
        directories) compset -p \${#after}; _files -/ ;;
        words | beginnings)
            [[ $kind == beginnings ]] && more=(-S '')
            for line in "\${(@)answer[2,-1]}"; do
                values+=("\${line%%$'\\t'*}")
                (( \${#values[-1]} > width )) && width=\${#values[-1]}
            done
            for line in "\${(@)answer[2,-1]}"; do
                if [[ $line == *$'\\t'* ]]; then
                    line="\${(r:width:)\${line%%$'\\t'*}}  -- \${line#*$'\\t'}"
                    shown+=("\${line[1,COLUMNS-1]}")
                else
                    shown+=("$line")
                fi
            done
            if [[ "\${answer[*]}" == *$'\\t'* ]]; then
                compadd "\${more[@]}" -l -d shown -a -- values
            else
                compadd "\${more[@]}" -a -- values
            fi ;;
    esac
}
if [[ \${funcstack[1]} == _${PROGRAM} ]]; then
    _asset_generator "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i; }
    compdef _asset_generator ${PROGRAM}
fi
`;

// For fish, text before a path in the same word, such as `--output=`, is not a part of the path.
const FISH = `# fish completion for ${PROGRAM}
function __asset_generator_complete
    set -l words (commandline -opc)
    set -l raw (commandline -ct)
    set -l current (string unescape -- "$raw"
        or string unescape -- "$raw'"
        or string unescape -- "$raw\\"")
    set -l answer (command ${PROGRAM} complete fish $words[2..-1] "$current" 2>/dev/null)
    set -l kind (string split -- \\t "$answer[1]")
    set -l path (string sub --start (math 1 + (string length -- "$kind[2]")) -- "$current")
    switch "$kind[1]"
        case files
            string replace -r -- '^' "$kind[2]" (__fish_complete_path "$path")
        case directories
            string replace -r -- '^' "$kind[2]" (__fish_complete_directories "$path")
        case words beginnings
            printf '%s\\n' $answer[2..-1]
    end
end
complete -c ${PROGRAM} -f -a '(__asset_generator_complete)'
`;

// Words and replies are percent-encoded: PowerShell before 7.3 loses empty arguments and the quotes
// in others, and on Windows it may not read UTF-8. If nothing is returned, it completes paths
// itself; so a word without completions is returned unchanged.
const POWERSHELL = `# PowerShell completion for ${PROGRAM}
Register-ArgumentCompleter -Native -CommandName '${PROGRAM}' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @(foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
        if ($element.Extent.EndOffset -ge $cursorPosition) { break }
        if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) {
            $element.Value
        } else {
            $element.Extent.Text
        }
    })
    $typed = $wordToComplete.Trim([char[]]"'""")
    if ($wordToComplete.StartsWith("'")) { $typed = $typed.Replace("''", "'") }
    $encoded = @($words + $typed | ForEach-Object { '=' + [uri]::EscapeDataString($_) })
    $answer = @(& ${PROGRAM} complete powershell @encoded 2>$null)
    $kind = if ($answer.Count -gt 0) { ($answer[0] -split "\`t")[0] } else { '' }
    if ($kind -eq 'files' -or $kind -eq 'directories') { return }
    $replies = @($answer | Select-Object -Skip 1)
    if ($replies.Count -eq 0 -and $wordToComplete) { return $wordToComplete }
    foreach ($reply in $replies) {
        $value, $brief = ($reply -split "\`t", 2) | ForEach-Object { [uri]::UnescapeDataString($_) }
        $written = $value
        if ($value -notmatch '^[A-Za-z0-9_./:=+-]+$') {
            $inner = [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($value)
            $written = "'" + $inner + "'"
        }
        if (-not $brief) { $brief = $value }
        [System.Management.Automation.CompletionResult]::new($written, $value, 'ParameterValue', $brief)
    }
}
`;

const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
  powershell: POWERSHELL,
};
