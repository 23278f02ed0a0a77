using Hawser.Tests.Support;
using Npgsql;
using Xunit;

namespace Hawser.Tests.Cluster;

/// <summary>A PostgreSQL of the tests' own, in a temporary folder. Skips the test where Debian's package is
/// missing.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string User = "hawser";

    private readonly TemporaryFolder _folder;
    private readonly ProgramProcess _server;
    private readonly int _port;

    private PostgresServer(TemporaryFolder folder, ProgramProcess server, int port)
    {
        _folder = folder;
        _server = server;
        _port = port;
    }

    private static string? Binaries => Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").Order().LastOrDefault() is { } version
            ? Path.Combine(version, "bin") : null
        : null;

    public static async Task<PostgresServer> StartAsync()
    {
        Assert.SkipUnless(Binaries is not null, "needs Debian's postgresql");
        var folder = new TemporaryFolder();
        // PostgreSQL refuses to run as root.
        string[] asUser = Environment.IsPrivilegedProcess
            ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : ["env"];
        if (Environment.IsPrivilegedProcess)
            (await RunAsync("chown", "postgres", folder.Root)).IsDone();
        (await RunAsync([.. asUser, $"{Binaries}/initdb", "-D", folder["data"], "-U", User, "-A", "trust", "--no-sync"]))
            .IsDone();
        int port = FreePort.Find();
        ProgramProcess server = Start(
        [
            .. asUser, $"{Binaries}/postgres", "-D", folder["data"], "-p", $"{port}", "-k", folder.Root,
            "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=200",
        ]);
        await server.Errors.LineWithAsync("database system is ready to accept connections");
        return new PostgresServer(folder, server, port);
    }

    /// <summary>Creates an empty database.</summary>
    /// <returns>Its address.</returns>
    public async Task<string> CreateDatabaseAsync()
    {
        string name = $"d{Guid.NewGuid():N}";
        await RunAsync("postgres", $"CREATE DATABASE {name}");
        return $"postgres://{User}@127.0.0.1:{_port}/{name}";
    }

    /// <summary>Runs a statement in the database of an address.</summary>
    /// <returns>The first column of the first row.</returns>
    public async Task<object?> RunAsync(string ledger, string statement)
    {
        string database = ledger[(ledger.LastIndexOf('/') + 1)..];
        await using var connection = new NpgsqlConnection(
            $"Host=127.0.0.1;Port={_port};Username={User};Database={database};Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(statement, connection);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>Ends all connections of others.</summary>
    public Task CutConnectionsAsync() => RunAsync("postgres",
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'hawser'");

    public async ValueTask DisposeAsync()
    {
        _server.Signal(ProgramProcess.SIGQUIT);
        await _server.EndAsync();
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    private static ProgramProcess Start(string[] command) => ProgramProcess.StartForeign(command[0], command[1..]);

    private static async Task<ProgramResult> RunAsync(params string[] command)
    {
        await using ProgramProcess program = Start(command);
        return await program.FinishAsync([]);
    }
}
