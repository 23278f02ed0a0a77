// Runs a script in PowerShell's engine, in a folder: Hawser.PowerShell SCRIPT FOLDER. Objects go to the standard output,
// errors to the standard error.
using System.Management.Automation;
using System.Management.Automation.Runspaces;

// The package has the engine without the module of this command, by which the engine lists files.
const string ResolvePath = """
    function Microsoft.PowerShell.Management\Resolve-Path {
        [CmdletBinding()] param([string] $Path)
        $ExecutionContext.SessionState.Path.GetResolvedPSPathFromPSPath($Path)
    }
    """;

string script = File.ReadAllText(args[0]);
Environment.CurrentDirectory = args[1];
using Runspace runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
runspace.Open();
using PowerShell shell = PowerShell.Create(runspace);
foreach (PSObject each in shell.AddScript(ResolvePath).AddStatement().AddScript(script).Invoke())
    Console.WriteLine(each);
foreach (ErrorRecord error in shell.Streams.Error)
    Console.Error.WriteLine(error);
return shell.HadErrors ? 1 : 0;
