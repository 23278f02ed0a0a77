using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Emit;

namespace Hawser.Mutations;

/// <summary>A project compiled in memory, with the arguments that its own build gives the compiler.</summary>
internal sealed class MutableAssembly
{
    private readonly CSharpCompilation _compilation;

    private MutableAssembly(CSharpCompilation compilation) => _compilation = compilation;

    public string FileName => $"{_compilation.AssemblyName}.dll";

    /// <summary>Reads a project that has been built.</summary>
    public static async Task<MutableAssembly> LoadAsync(string project)
    {
        using Process msbuild = Process.Start(new ProcessStartInfo("dotnet",
            ["msbuild", project, "-nologo", "-t:Compile", "-getItem:CscCommandLineArgs", "-p:Configuration=Release",
                "-p:BuildProjectReferences=false", "-p:SkipCompilerExecution=true", "-p:ProvideCommandLineArgs=true",
                // Else nothing is printed where nothing has changed.
                "-p:NonExistentFile=none"])
        {
            RedirectStandardOutput = true,
        })!;
        string output = await msbuild.StandardOutput.ReadToEndAsync();
        await msbuild.WaitForExitAsync();
        if (msbuild.ExitCode != 0)
            throw new InvalidOperationException(output);
        using JsonDocument json = JsonDocument.Parse(output);
        string[] arguments = [.. json.RootElement.GetProperty("Items").GetProperty("CscCommandLineArgs")
            .EnumerateArray().Select(item => item.GetProperty("Identity").GetString()!)];
        return new MutableAssembly(Compile(CSharpCommandLineParser.Default.Parse(
            arguments, Path.GetDirectoryName(Path.GetFullPath(project)), sdkDirectory: null)));
    }

    /// <summary>The parsed file.</summary>
    public SyntaxTree Find(string path) =>
        _compilation.SyntaxTrees.First(tree => Path.GetFullPath(tree.FilePath) == Path.GetFullPath(path));

    /// <summary>Compiles it with one file changed, or none.</summary>
    /// <returns>Null, or the error of a mutant that does not compile.</returns>
    public Diagnostic? Write(Mutant? mutant, string path)
    {
        CSharpCompilation changed = mutant is null
            ? _compilation
            : _compilation.ReplaceSyntaxTree(Find(mutant.Tree.FilePath), mutant.Tree);
        using var bytes = new MemoryStream();
        EmitResult result = changed.Emit(bytes);
        if (!result.Success)
            return result.Diagnostics.First(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        File.WriteAllBytes(path, bytes.ToArray());
        return null;
    }

    private static CSharpCompilation Compile(CSharpCommandLineArguments arguments)
    {
        CSharpParseOptions parse = arguments.ParseOptions;
        var compilation = CSharpCompilation.Create(
            arguments.CompilationName ?? Path.GetFileNameWithoutExtension(arguments.OutputFileName),
            arguments.SourceFiles.Select(file =>
                CSharpSyntaxTree.ParseText(File.ReadAllText(file.Path), parse, file.Path, System.Text.Encoding.UTF8)),
            arguments.MetadataReferences.Select(reference =>
                MetadataReference.CreateFromFile(reference.Reference, reference.Properties)),
            // Only errors keep a mutant from being tried.
            arguments.CompilationOptions.WithGeneralDiagnosticOption(ReportDiagnostic.Suppress)
                .WithSpecificDiagnosticOptions([]));
        var loader = new Loader();
        IEnumerable<ISourceGenerator> generators = arguments.AnalyzerReferences.SelectMany(reference =>
            new AnalyzerFileReference(reference.FilePath, loader).GetGenerators(LanguageNames.CSharp));
        CSharpGeneratorDriver.Create(generators, parseOptions: parse)
            .RunGeneratorsAndUpdateCompilation(compilation, out Compilation generated, out _);
        return (CSharpCompilation)generated;
    }

    private sealed class Loader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
        }

        public Assembly LoadFromPath(string fullPath) => Assembly.LoadFrom(fullPath);
    }
}
