using System.Reflection;

// The runtime looks for this name, without a namespace (DOTNET_STARTUP_HOOKS).

/// <summary>Writes the assemblies that a program has loaded to a file at its end, a name a line.</summary>
internal static class StartupHook
{
    /// <summary>The variable with the path of the file.</summary>
    public const string Variable = "HAWSER_TEST_LOADED";

    /// <summary>Called by the runtime before <c>Main</c>.</summary>
    public static void Initialize() => AppDomain.CurrentDomain.ProcessExit += static (_, _) =>
    {
        string names = "";
        foreach (Assembly assembly in AppDomain.CurrentDomain.GetAssemblies())
            names += assembly.GetName().Name + "\n";
        File.WriteAllText(Environment.GetEnvironmentVariable(Variable)!, names);
    };
}
