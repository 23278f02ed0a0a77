using System.ComponentModel;
using System.Diagnostics;
using Hawser.Services.Ping.Load;

namespace Hawser.App.Lab;

/// <summary>The floor of this machine: the load against a server that only sends back, which shows what the load and
/// the kernel cost. An echo server in C, compiled here; without a compiler, our own ping server.</summary>
internal sealed class LabFloor : IDisposable
{
    /// <summary>Its name in the results.</summary>
    public const string Name = "floor";

    private readonly string? _folder;

    private LabFloor(LabSubject subject, string? folder)
    {
        Subject = subject;
        _folder = folder;
    }

    /// <summary>The server.</summary>
    public LabSubject Subject { get; }

    /// <summary>Compiles it.</summary>
    /// <param name="compiler">A C compiler, such as gcc.</param>
    /// <param name="onFallback">Called with the reason if the floor is our own server.</param>
    public static LabFloor Create(string compiler, Action<string> onFallback)
    {
        string folder = Directory.CreateTempSubdirectory("hawser-floor-").FullName;
        string program = Path.Combine(folder, Name);
        string? error = OperatingSystem.IsLinux() ? TryCompile(compiler, program) : "its server in C needs Linux";
        if (error is null)
        {
            string command = $"lab/{Name} {LabSubject.PortMark}";
            return new LabFloor(
                new LabSubject(Name, null, null, command, LoadWire.Echo.Name) { Program = program }, folder);
        }
        Directory.Delete(folder, recursive: true);
        string model = OperatingSystem.IsLinux() ? "epoll" : "select";
        onFallback($"the floor is hawser under {model}: {error}");
        return new LabFloor(new LabSubject(Name, model, null), null);
    }

    public void Dispose()
    {
        if (_folder is not null)
            Directory.Delete(_folder, recursive: true);
    }

    /// <returns>Why it failed; null if it succeeded.</returns>
    private static string? TryCompile(string compiler, string program)
    {
        string source = Path.Combine(AppContext.BaseDirectory, "lab", "floor.c");
        try
        {
            using Process process = Process.Start(
                new ProcessStartInfo(compiler, ["-O2", "-pthread", "-o", program, source])
                {
                    RedirectStandardError = true,
                })!;
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : $"{compiler} failed: {errors.Split('\n')[0]}";
        }
        catch (Win32Exception e)
        {
            return $"cannot start {compiler}: {e.Message}";
        }
    }
}
