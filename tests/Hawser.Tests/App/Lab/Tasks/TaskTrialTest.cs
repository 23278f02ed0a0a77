using Hawser.App.Lab;
using Hawser.App.Lab.Processes;
using Hawser.App.Lab.Trials;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.App.Lab.Tasks;

public sealed class TaskTrialTest : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_transfer_is_timed_checked_and_charged_with_the_cpu_time_of_both_sides()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the server's port is found in /proc");
        _folder.Write("source", new byte[1_000_000]);

        IReadOnlyDictionary<string, double> figures = await RunAsync(new LabTask("hawser", "1 MB",
            "exec {hawser} message 127.0.0.1 {port} < {folder}/source",
            Server: "exec {hawser} serve message {port} --host 127.0.0.1 > {folder}/received",
            Prepare: "echo rest of an earlier round > {folder}/received",
            Check: "cmp {folder}/source {folder}/received",
            Bytes: 1e6));

        Assert.Equal(1e6 / figures["task_seconds"], figures["task_bytes_per_second"], 1e-3);
        // Two programs have started: that takes more than a step of the system's clock.
        Assert.InRange(figures["task_cpu_seconds"], 0.02, 60);
    }

    [Fact]
    public async Task Figures_are_found_in_the_output_by_pointer_and_by_text()
    {
        IReadOnlyDictionary<string, double> figures = await RunAsync(new LabTask("a", "s",
            "printf 'Sorting time: 1.5 s\\n{\"all\":{\"delay\":[{\"p99\":7}]}}\\n'", IsFixed: true,
            Figures: new Dictionary<string, string>
            {
                ["sorting_seconds"] = "Sorting time: ",
                ["delay_p99_ns"] = "/all/delay/0/p99",
            }));

        Assert.Equal((1.5, 7), (figures["sorting_seconds"], figures["delay_p99_ns"]));
        Assert.False(figures.ContainsKey("task_seconds"));
    }

    [Fact]
    public async Task A_task_may_end_with_a_line_and_its_command_is_killed()
    {
        IReadOnlyDictionary<string, double> figures = await RunAsync(new LabTask("a", "s",
            "echo $$ > {folder}/id; echo begin; echo it says Listening on 7; exec sleep 1000", Until: "Listening on "));

        Assert.True(figures["task_seconds"] > 0);
        Assert.False(Directory.Exists($"/proc/{File.ReadAllText(_folder["id"]).Trim()}"));
    }

    [Fact]
    public async Task A_task_may_end_with_its_server()
    {
        Assert.SkipUnless(OwnProgram.FindInstalled("python3") is not null, "python3 is not installed");
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the server's port is found in /proc");
        // It works on after the client has left.
        const string accept = "import socket, time; s = socket.create_server((\"127.0.0.1\", {port})); "
            + "s.accept()[0].recv(1); time.sleep(0.3)";

        Assert.True((await RunAsync(new LabTask("a", "s",
            "exec python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {port})).send(b\"x\")'",
            Server: $"exec python3 -c '{accept}; open(\"'{{folder}}'/ended\", \"w\")'", UntilServerEnds: true)))
            .ContainsKey("task_seconds"));
        Assert.True(File.Exists(_folder["ended"]));
    }

    [Theory]
    [InlineData("echo out of luck >&2; exit 3", null, null, null, "run ended: exit code 3, out of luck")]
    [InlineData("true", null, "Listening", null, "run ended: exit code 0")]
    [InlineData("true", "exit 4", null, null, "server ended: exit code 4")]
    [InlineData("true", null, null, "echo differ >&2; exit 1", "check ended: exit code 1, differ")]
    public async Task A_failure_names_the_step(string run, string? server, string? until, string? check, string words)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || server is null, "the server's port is found in /proc");
        LabException failed = await Assert.ThrowsAsync<LabException>(() =>
            RunAsync(new LabTask("a", "s", run, Server: server, Until: until, Check: check)));

        Assert.Equal(words, failed.Message);
    }

    [Fact]
    public async Task A_figure_that_is_not_printed_fails_the_task() => Assert.Equal(
        "run printed no number at '/a'",
        (await Assert.ThrowsAsync<LabException>(() => RunAsync(new LabTask(
            "a", "s", "echo '{\"a\":\"7\"}'", Figures: new Dictionary<string, string> { ["sent"] = "/a" })))).Message);

    [Fact]
    public async Task The_setup_runs_once_and_its_folder_is_deleted()
    {
        string path;
        using (TaskFolder folder = await TaskFolder.CreateAsync(
            new LabTasks([], "echo x > {folder}/source"), TestContext.Current.CancellationToken))
        {
            path = folder.Path;
            Assert.Equal("x\n", await File.ReadAllTextAsync(
                Path.Combine(path, "source"), TestContext.Current.CancellationToken));
        }

        Assert.False(Directory.Exists(path));
        Assert.Equal("the scenario cannot begin: setup ended: exit code 2", (await Assert.ThrowsAsync<IOException>(() =>
            TaskFolder.CreateAsync(new LabTasks([], "exit 2"), TestContext.Current.CancellationToken))).Message);
    }

    private async Task<IReadOnlyDictionary<string, double>> RunAsync(LabTask task) =>
        (await TaskTrial.RunAsync(task, _folder.Root, TestContext.Current.CancellationToken).Bounded()).Figures.Task!;
}
