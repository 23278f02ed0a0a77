using System.Net;
using Hawser.Services;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App;

/// <summary>No verb loads an assembly that it does not use: each costs time at the start.</summary>
/// <remarks>The baseline has a line per verb: the assemblies beside the runtime's core, the program, its services and the
/// engine.</remarks>
public sealed class LoadedAssembliesTest : IDisposable
{
    private static readonly string[] Everywhere =
        ["System.Private.CoreLib", "System.Runtime", "Hawser.Tests", "hawser", "Hawser.Services", "Hawser.Engine"];

    private readonly TemporaryFolder _folder = new();

    private static string Baseline => ProgramRepository.PathOf("tests", "Hawser.Tests", "App", "loaded-assemblies.txt");

    public static TheoryData<string> Services => [.. ServiceCatalog.All.Select(service => service.Name)];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_version_and_the_help_load_only_what_is_listed()
    {
        foreach (string word in (string[])["--version", "--help"])
        {
            await using ProgramProcess program = Start(word, word);
            (await program.EndAsync()).IsDone();
            Check(word);
        }
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task A_service_and_its_client_load_only_what_is_listed(string service)
    {
        string folder = _folder["served"];
        string[] options = service switch
        {
            "upload" => ["0", folder],
            "message" => ["0"],
            "clock" => ["--port", "0", "--out", folder],
            _ => ["--port", "0"],
        };
        await using (ProgramProcess server = Start($"serve {service}", ["serve", service, .. options]))
        {
            IPEndPoint endPoint = await server.ListeningAsync(onErrors: service == "message");
            string[] arguments = service switch
            {
                "ping" => ["-c", "1"],
                "upload" => [_folder.Write("file", [1])],
                "numbers" => ["--out", _folder["lists"]],
                "clock" => ["--clients", "1", "--duration", "100ms", "--out", _folder["recordings"]],
                _ => [],
            };
            await using (ProgramProcess client = Start(service, [service, $"127.0.0.1:{endPoint.Port}", .. arguments]))
                (await client.FinishAsync([])).IsDone();
            server.Signal(ProgramProcess.SIGTERM);
            Assert.Equal(0, (await server.EndAsync()).ExitCode);
        }
        Check($"serve {service}");
        Check(service);
    }

    private ProgramProcess Start(string verb, params string[] arguments) => ProgramProcess.Start(
        [("DOTNET_STARTUP_HOOKS", typeof(StartupHook).Assembly.Location), (StartupHook.Variable, _folder[verb])],
        readOutput: true, arguments);

    private void Check(string verb)
    {
        string[] loaded = [.. File.ReadAllLines(_folder[verb]).Except(Everywhere).Order(StringComparer.Ordinal)];
        string listed = File.ReadLines(Baseline).FirstOrDefault(
            line => line.StartsWith($"{verb}: ", StringComparison.Ordinal)) ?? "";
        string[] unlisted = [.. loaded.Except(listed.Split(' '))];
        Assert.True(unlisted is [], $"{verb} loads {string.Join(", ", unlisted)}; if that is meant, its line of {Baseline} is:\n"
            + $"{verb}: {string.Join(' ', loaded)}");
    }
}
