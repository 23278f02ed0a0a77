using System.Collections.Concurrent;
using Hawser.Tests.Support;
using Xunit;

namespace Hawser.Tests.Samples;

/// <summary>Runs the single-file samples as programs. <c>.ci/run</c> builds them before the tests; a sample that is
/// missing, or older than its source or the engine, is built here.</summary>
internal static class SampleProgram
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<string>>> Programs = new();

    // They share the engine's project: two builds at once would be in each other's way.
    private static readonly SemaphoreSlim OneBuild = new(1);

    /// <summary>Starts a file of <c>samples/</c> with these arguments; without any but the model, at a port of the
    /// system's choice.</summary>
    public static async Task<ProgramProcess> StartAsync(string sample, string model, params string[] arguments)
    {
        string program = await Programs.GetOrAdd(sample, name => new(() => FindAsync(name))).Value;
        return ProgramProcess.StartForeign(
            "dotnet", ["exec", program, model, .. arguments is [] ? ["0"] : arguments]);
    }

    private static async Task<string> FindAsync(string sample)
    {
        string source = ProgramRepository.PathOf("samples", sample);
        await OneBuild.WaitAsync();
        try
        {
            string program = (await DotnetAsync("build", source, "-c", "Release", "-getProperty:TargetPath")).Trim();
            if (!IsNew(program, source))
                await DotnetAsync("build", source, "-c", "Release", "--nologo", "--disable-build-servers");
            Assert.True(File.Exists(program), $"not built: {program}; run: dotnet build -c Release samples/{sample}");
            return program;
        }
        finally
        {
            OneBuild.Release();
        }
    }

    /// <summary>It was built from this source, with the engine that the tests have.</summary>
    private static bool IsNew(string program, string source)
    {
        const string engine = "Hawser.Engine.dll";
        string itsEngine = Path.Combine(Path.GetDirectoryName(program)!, engine);
        return File.Exists(program)
            && File.GetLastWriteTimeUtc(program) >= File.GetLastWriteTimeUtc(source)
            && File.Exists(itsEngine)
            && File.GetLastWriteTimeUtc(itsEngine)
                >= File.GetLastWriteTimeUtc(Path.Combine(AppContext.BaseDirectory, engine));
    }

    private static async Task<string> DotnetAsync(params string[] arguments)
    {
        await using var dotnet = ProgramProcess.StartForeign("dotnet", arguments);
        ProgramResult result = await dotnet.FinishAsync([]);
        Assert.True(
            result.ExitCode == 0, $"dotnet {string.Join(' ', arguments)} failed: {result.Text}{result.Errors}");
        return result.Text;
    }
}
