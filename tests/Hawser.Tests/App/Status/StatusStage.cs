using System.Net;
using System.Net.Sockets;
using Hawser.Tests.Support;

namespace Hawser.Tests.App.Status;

/// <summary>A runtime directory of its own, and programs that use it.</summary>
internal sealed class StatusStage : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>The runtime directory.</summary>
    public string Root => _folder.Root;

    /// <summary>Where the sockets are.</summary>
    public string Sockets => _folder["hawser"];

    public (string Name, string Value)[] Environment => [("XDG_RUNTIME_DIR", _folder.Root)];

    /// <summary>A path in the runtime directory.</summary>
    public string this[string name] => _folder[name];

    public ProgramProcess Start(params string[] arguments) =>
        ProgramProcess.Start(Environment, readOutput: true, arguments);

    public async Task<ProgramResult> RunAsync(params string[] arguments)
    {
        await using ProgramProcess program = Start(arguments);
        return await program.EndAsync();
    }

    /// <summary>Starts <c>serve ping</c> and waits until it listens, and with it its socket.</summary>
    public async Task<(ProgramProcess Program, IPEndPoint EndPoint)> ServeAsync(params string[] arguments)
    {
        ProgramProcess program = Start(["serve", "ping", "--port", "0", .. arguments]);
        return (program, await program.ListeningAsync());
    }

    /// <summary>Connects to the socket of a process.</summary>
    public Task<RawClient> ConnectAsync(int process) =>
        RawClient.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(Sockets, $"{process}.sock")));

    public void Dispose() => _folder.Dispose();
}
