/** Shells that can be completed in. */
export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const

/** Name of a shell. */
export type Shell = (typeof shells)[number]

/**
 * What a shell evaluates once, so that it asks `spanloom complete` for the words at the cursor. The answer has a line
 * `word<tab>description` for each, then one line `:none`, `:files` or `:directories`.
 */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: `# Completion of spanloom in bash. Add to ~/.bashrc: source <(spanloom completion bash)
_spanloom() {
  local answer paths word current="\${COMP_WORDS[COMP_CWORD]}"
  [[ $current == '=' ]] && current=''
  answer="$(spanloom complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" || return
  paths="\${answer##*$'\\n'}"
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    [[ $word == :* ]] || COMPREPLY+=("$word")
  done <<<"$answer"
  case $paths in
    :files) compopt -o filenames; while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$current") ;;
    :directories) compopt -o filenames; while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -d -- "$current") ;;
  esac
}
complete -F _spanloom spanloom
`,
  zsh: `#compdef spanloom
# Completion of spanloom in zsh. Add to ~/.zshrc, after compinit: source <(spanloom completion zsh)
_spanloom() {
  local answer line
  local -a lines described
  answer="$(spanloom complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)" || return
  lines=("\${(@f)answer}")
  for line in "\${(@)lines[1,-2]}"; do
    described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  (( \${#described} )) && _describe 'spanloom' described
  case $lines[-1] in
    :files) _files ;;
    :directories) _files -/ ;;
  esac
}
compdef _spanloom spanloom
`,
  fish: `# Completion of spanloom in fish. Save as ~/.config/fish/completions/spanloom.fish
function __spanloom_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l answer (spanloom complete -- $words[2..-1] 2>/dev/null)
  or return
  for line in $answer
    string match -q -- ':*' $line; or echo $line
  end
  switch $answer[-1]
    case :files
      __fish_complete_path (commandline -ct)
    case :directories
      __fish_complete_directories (commandline -ct)
  end
end
complete -c spanloom -f -a '(__spanloom_complete)'
`,
  powershell: `# Completion of spanloom in PowerShell. Add to $PROFILE: spanloom completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName spanloom -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($wordToComplete -eq '') { $words += '""' }
  $answer = @(spanloom complete -- @words 2>$null)
  if ($answer.Count -eq 0) { return }
  foreach ($line in $answer[0..($answer.Count - 2)]) {
    if ($line.StartsWith(':')) { continue }
    $word, $text = $line -split "\`t", 2
    if (-not $text) { $text = $word }
    [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $text)
  }
}
`,
}
