using System.Runtime.Versioning;
using System.Text;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Guide;

/// <summary>Runs every command of the guide, as it stands there, and compares what it prints.</summary>
/// <remarks>Each page runs in a network of its own, where every port is free. After a change,
/// <c>HAWSER_GUIDE=update</c> in the environment writes the real output into the pages.</remarks>
[SupportedOSPlatform("linux")]
public sealed class GuideTest
{
    public static TheoryData<string> Pages => [.. GuidePage.All];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_page_shows_what_its_commands_print(string name)
    {
        GuidePage page = GuidePage.Read(name);
        Assert.SkipUnless(await HasNetworksAsync(), "needs unshare(1) with user namespaces, and ip(8)");
        using var folder = new TemporaryFolder();
        await RunAsync(page, folder.Root);

        List<IReadOnlyList<string>> outputs = [];
        for (int i = 0; i < page.Commands.Count; i++)
            outputs.Add(File.ReadAllLines(OutputOf(folder.Root, i)));
        if (Environment.GetEnvironmentVariable("HAWSER_GUIDE") == "update")
        {
            page.Update(outputs);
            return;
        }
        Assert.All(page.Commands.Zip(outputs), pair => Assert.True(
            pair.First.Matches(pair.Second),
            $"{name}, line {pair.First.FirstLine}: $ {pair.First.Text}\n{string.Join('\n', pair.Second)}"));
    }

    private static string OutputOf(string folder, int command) => Path.Combine(folder, $"output.{command}");

    private static async Task<bool> HasNetworksAsync()
    {
        if (!File.Exists("/usr/bin/unshare") || !OperatingSystem.IsLinux())
            return false;
        await using ProgramProcess probe =
            ProgramProcess.StartForeign("unshare", "-rn", "sh", "-c", "ip link set lo up");
        return (await probe.EndAsync()).ExitCode == 0;
    }

    private static async Task RunAsync(GuidePage page, string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "work"));
        string program = Path.Combine(folder, "hawser");
        await File.WriteAllTextAsync(
            program, $"#!/bin/sh\nexec dotnet exec '{Path.Combine(AppContext.BaseDirectory, "hawser.dll")}' \"$@\"\n");
        File.SetUnixFileMode(program, (UnixFileMode)0b111_101_101);
        string script = Path.Combine(folder, "script");
        await File.WriteAllTextAsync(script, ScriptOf(page, folder));
        await using ProgramProcess shell = ProgramProcess.StartForeign("unshare", "-rn", "bash", script);
        (await shell.EndAsync()).IsDone();
    }

    /// <summary>Runs the commands one after the other. Servers begin when they are listening, and end with SIGINT, the
    /// last one first.</summary>
    private static string ScriptOf(GuidePage page, string folder)
    {
        var script = new StringBuilder($"""
            ip link set lo up
            export PATH={folder}:$PATH
            mkdir {folder}/run
            export XDG_RUNTIME_DIR={folder}/run
            cd {folder}/work
            servers=

            """);
        for (int i = 0; i < page.Commands.Count; i++)
        {
            (string command, string output) = (page.Commands[i].Text, OutputOf(folder, i));
            script.Append(page.Commands[i].IsServer
                ? $$"""
                  : > {{output}}; set -m; { {{command}}
                  } > {{output}} 2>&1 < /dev/null & servers="$! $servers"; set +m
                  timeout 60 grep -q -m 1 'Listening on' <(tail -n +1 -f --pid=$! {{output}}) || exit 1

                  """
                : $$"""
                  { {{command}}
                  } > {{output}} 2>&1 < /dev/null

                  """);
        }
        script.Append("""
            for server in $servers; do kill -INT -- -$server 2> /dev/null; wait $server; done
            exit 0
            """);
        return script.ToString();
    }
}
