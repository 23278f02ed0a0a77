namespace Hawser.App.Shell;

/// <summary>A shell: the script that makes it complete the program's words, and the form in which the script wants
/// them. Each script calls the program, so that it never lags behind.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Script">The script.</param>
/// <param name="Format">Formats a candidate and its help.</param>
internal sealed record ShellScript(string Name, string Script, Func<string, string, string> Format)
{
    public static IReadOnlyList<ShellScript> All { get; } =
    [
        new("bash", Bash, (word, _) => word),
        new("zsh", Zsh, (word, help) => $"{word.Replace(":", "\\:", StringComparison.Ordinal)}:{help}"),
        new("fish", Fish, WithTab),
        new("pwsh", Pwsh, WithTab),
    ];

    // The shell splits at = as well.
    private const string Bash =
        """
        # Completion of hawser for bash; in ~/.bashrc: source <(hawser completion bash)
        _hawser() {
            local IFS=$'\n' current=${COMP_WORDS[COMP_CWORD]} line prefix word
            local -a words=()
            for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                [ "$word" = = ] || words+=("$word")
            done
            [ "$current" != = ] || current=
            COMPREPLY=()
            while read -r line; do
                if [[ $line != *:files ]]; then COMPREPLY+=("$line"); continue; fi
                compopt -o filenames 2> /dev/null
                prefix=${line%:files}
                COMPREPLY+=($(compgen -f -P "$prefix" -- "${current#"$prefix"}"))
            done < <("${COMP_WORDS[0]}" completion bash -- "${words[@]}" "$current" 2> /dev/null)
        }
        complete -F _hawser hawser
        """;

    private const string Zsh =
        """
        #compdef hawser
        # Completion of hawser for zsh: as the file _hawser in $fpath, or in ~/.zshrc, after compinit:
        # source <(hawser completion zsh)
        _hawser() {
            local -a candidates
            local line files
            for line in "${(@f)$("${words[1]}" completion zsh -- "${(@)words[2,CURRENT]}" 2> /dev/null)}"; do
                if [[ $line == *\\:files: ]]; then files=1; elif [[ -n $line ]]; then candidates+=("$line"); fi
            done
            (( ! $#candidates )) || _describe hawser candidates
            [[ -z $files ]] || { compset -P '--*='; _files; }
        }
        # From $fpath, this file is the body of the function at its first call.
        if [[ ${funcstack[1]} == _hawser ]]; then _hawser "$@"; else compdef _hawser hawser; fi
        """;

    private const string Fish =
        """
        # Completion of hawser for fish; in ~/.config/fish/config.fish: hawser completion fish | source
        function __hawser
            set -l words (commandline -opc)
            for line in ($words[1] completion fish -- $words[2..] (commandline -ct) 2> /dev/null)
                if string match -q '*:files' -- $line
                    set -l prefix (string replace :files '' -- $line)
                    for path in (__fish_complete_path (string replace -- "$prefix" '' (commandline -ct)))
                        echo $prefix$path
                    end
                else
                    echo $line
                end
            end
        end
        complete -c hawser -f -a '(__hawser)'
        """;

    // The word being completed comes with its quotes. Without candidates, the shell completes the names of files.
    private const string Pwsh =
        """
        # Completion of hawser for PowerShell 7.3; in $PROFILE: hawser completion pwsh | Out-String | Invoke-Expression
        Register-ArgumentCompleter -Native -CommandName hawser -ScriptBlock {
            param($current, $command, $position)
            $program, [string[]] $words = $command.CommandElements |
                Where-Object { $_.Extent.EndOffset -lt $position } |
                ForEach-Object { if ($null -ne $_.Value) { $_.Value } else { "$_" } }
            $quote = if ($current -match '^[''"]') { $current.Substring(0, 1) }
            $typed = "$current".Trim("'", '"')
            & $program completion pwsh '--' @words $typed 2> $null | ForEach-Object {
                $word, $help = $_ -split "`t", 2
                if (-not $word.EndsWith(':files')) {
                    if (-not $help) { $help = $word }
                    [System.Management.Automation.CompletionResult]::new(
                        "$quote$word$quote", $word, 'ParameterValue', $help)
                } else {
                    $prefix = $word.Substring(0, $word.Length - ':files'.Length)
                    $path = $quote + $typed.Substring($prefix.Length)
                    foreach ($file in [System.Management.Automation.CompletionCompleters]::CompleteFilename($path)) {
                        [System.Management.Automation.CompletionResult]::new(
                            $prefix + $file.CompletionText, $file.ListItemText, $file.ResultType, $file.ToolTip)
                    }
                }
            }
        }
        """;

    private static string WithTab(string word, string help) => help.Length > 0 ? $"{word}\t{help}" : word;
}
