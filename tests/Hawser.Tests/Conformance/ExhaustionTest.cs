using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Conformance;

/// <summary>A server that runs out of descriptors, or of threads.</summary>
public sealed class ExhaustionTest
{
    // Some 95 are in use at rest, and 16 stay in reserve.
    private const int Descriptors = 140;
    private const int DescriptorsWithFiles = 160;
    private const int Threads = 64;

    // A user without privileges and with no other threads: root may have as many as it likes.
    private const string AsNobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";

    [Theory, Models(ModelKind.Concurrent)]
    public async Task Out_of_descriptors_a_server_keeps_its_connections_sheds_new_ones_and_recovers(string model)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs ulimit");
        await using ProgramProcess serve = ProgramProcess.StartInShell(
            $"ulimit -n {Descriptors}; exec \"$@\"", "",
            ["serve", "ping", "--port", "0", .. Roomy(model)]);
        await AssertItLivesAsync(serve, Descriptors, "out of descriptors");
    }

    [Fact]
    public async Task Out_of_threads_a_server_keeps_its_connections_sheds_new_ones_and_recovers()
    {
        Assert.SkipUnless(await CanRunAsNobodyAsync(), "needs root, Linux, and a program that everybody may read");
        await using ProgramProcess serve = ProgramProcess.StartInShell(
            $"exec {AsNobody} prlimit --nproc={Threads} \"$@\"", "",
            "serve", "ping", "--port", "0", "--model", "threads");
        await AssertItLivesAsync(serve, Threads, "out of threads");
    }

    [Theory, Models(ModelKind.Concurrent)]
    public async Task Uploads_in_progress_leave_descriptors_for_the_runtime(string model)
    {
        using var folder = new TemporaryFolder();
        await using ProgramProcess serve = StartWithFiles("upload", model, folder["stored"], "--manifest");
        await AssertFilesFitAsync(serve, await serve.ListeningAsync(), "OK ");
    }

    [Theory, Models(ModelKind.Concurrent)]
    public async Task Long_messages_in_progress_leave_descriptors_for_the_runtime(string model)
    {
        await using ProgramProcess serve = StartWithFiles("message", model);
        await AssertFilesFitAsync(serve, await serve.ListeningAsync(onErrors: true), "");
    }

    // A server sheds every second at most: in a short queue, clients would wait for their SYN to be repeated.
    private static ProgramProcess StartWithFiles(string service, string model, params string[] options)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs ulimit");
        return ProgramProcess.StartInShell(
            $"ulimit -n {DescriptorsWithFiles}; exec \"$@\"", "",
            ["serve", service, "0", .. options, "--host", "127.0.0.1", "--backlog", "512", .. Roomy(model)]);
    }

    // No model is to be short of anything but descriptors.
    private static string[] Roomy(string model) =>
    [
        "--model", model,
        .. model == "pool" ? (string[])["--threads", "1000"] : model == "epoll" ? ["--loops", "1"] : [],
    ];

    /// <summary>Every client has sent so much that it needs a file, and pauses.</summary>
    private static async Task AssertFilesFitAsync(ProgramProcess serve, IPEndPoint where, string answer)
    {
        var clients = new List<RawClient>();
        var sends = new List<Task<bool>>();
        for (int n = 0; n < DescriptorsWithFiles; n++)
        {
            if (await TryConnectAsync(where) is not { } client)
                continue;
            clients.Add(client);
            sends.Add(HasSentAsync(client, new byte[300_000]));
        }
        await serve.Errors.LineWithAsync("out of descriptors");
        bool[] sent = await Task.WhenAll(sends).Bounded();
        Assert.Contains(true, sent);

        clients.ForEach(client => client.Dispose());
        string? answered = null;
        while (answered is null || (answered.Length == 0 && answer.Length > 0))
        {
            using RawClient? next = await TryConnectAsync(where);
            answered = next is null ? null : await AnswerAsync(next);
        }
        Assert.StartsWith(answer, answered, StringComparison.Ordinal);
        serve.Signal(ProgramProcess.SIGTERM);
        ProgramResult result = await serve.EndAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotContain("fault", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Too many open files", result.Errors, StringComparison.Ordinal);
    }

    /// <returns>Null if it is shed at once.</returns>
    private static async Task<RawClient?> TryConnectAsync(IPEndPoint where)
    {
        try
        {
            return await RawClient.ConnectAsync(where);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private static async Task<bool> HasSentAsync(RawClient client, byte[] data)
    {
        try
        {
            await client.SendAsync(data);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <returns>Null when it is shed.</returns>
    private static async Task<string?> AnswerAsync(RawClient client)
    {
        try
        {
            await client.SendAsync("hello");
            client.FinishSending();
            return Encoding.ASCII.GetString(await client.ReceiveToEndAsync());
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private static async Task AssertItLivesAsync(ProgramProcess serve, int limit, string warning)
    {
        IPEndPoint where = await serve.ListeningAsync();
        using RawClient polite = await RawClient.ConnectAsync(where);
        await PingAsync(polite, 0);

        var held = new List<RawClient>();
        long begin = Stopwatch.GetTimestamp();
        TimeSpan cpuBefore = serve.CpuTime;
        int shed = 0;
        for (int n = 1; shed < 5; n++)
        {
            RawClient? client = await TryConnectAsync(where);
            if (client is not null && await IsServedAsync(client))
                held.Add(client);
            else
                shed++;
            await PingAsync(polite, n);
        }
        TimeSpan cpu = serve.CpuTime - cpuBefore;
        TimeSpan wall = Stopwatch.GetElapsedTime(begin);

        Assert.InRange(held.Count, 10, limit);
        // The back-off makes five clients cost some hundred milliseconds of waiting; the rest is a generous allowance.
        Assert.InRange(cpu, TimeSpan.Zero, wall / 2 + TimeSpan.FromSeconds(1));
        await serve.Errors.LineWithAsync(warning);
        Assert.Single(serve.Errors.Lines, line => line.Contains("out of ", StringComparison.Ordinal));

        held.ForEach(client => client.Dispose());
        for (bool served = false; !served;)
        {
            using RawClient? next = await TryConnectAsync(where);
            served = next is not null && await IsServedAsync(next);
        }
        await serve.Errors.LineWithAsync("recovered");
        await PingAsync(polite, 1_000);
    }

    private static async Task<bool> CanRunAsNobodyAsync()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
            return false;
        await using ProgramProcess look = ProgramProcess.StartInShell($"exec {AsNobody} \"$@\"", "", "--version");
        return (await look.EndAsync()).ExitCode == 0;
    }

    private static async Task PingAsync(RawClient client, int n)
    {
        await client.SendAsync($"ping 0 {n}\n");
        Assert.Equal($"pong 0 {n}", await client.ReceiveLineAsync());
    }

    private static async Task<bool> IsServedAsync(RawClient client)
    {
        try
        {
            await client.SendAsync("ping 1 1\n");
            return await client.ReceiveLineAsync() == "pong 1 1";
        }
        catch (Exception e) when (e is SocketException or EndOfStreamException)
        {
            client.Dispose();
            return false;
        }
    }
}
