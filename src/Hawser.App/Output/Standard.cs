namespace Hawser.App.Output;

/// <summary>The standard streams, unbuffered and with their errors: <see cref="Console"/> would swallow a broken pipe,
/// and start more slowly.</summary>
internal static class Standard
{
    private static readonly Lazy<TextWriter> LazyOut = new(() => new LineWriter(
        OpenOutput(), onError: e => throw new IOException($"cannot write to the standard output: {e.Message}", e)));

    // Where to complain that nobody hears complaints?
    private static readonly Lazy<TextWriter> LazyError = new(() => new LineWriter(OpenError(), onError: _ => { }));

    /// <summary>Results, a whole line at a time. A write fails with an <see cref="IOException"/> when its reader is
    /// gone.</summary>
    public static TextWriter Out => LazyOut.Value;

    /// <summary>All else, a whole line at a time. Never fails.</summary>
    public static TextWriter Error => LazyError.Value;

    /// <summary>The standard input as bytes.</summary>
    public static Stream OpenInput() => Open(0);

    /// <summary>The standard output as bytes. A write fails with an <see cref="IOException"/> when its reader is
    /// gone.</summary>
    public static Stream OpenOutput() => Open(1);

    /// <summary>The standard error as bytes. A write fails with an <see cref="IOException"/>.</summary>
    public static Stream OpenError() => Open(2);

    private static Stream Open(int descriptor) =>
        OperatingSystem.IsWindows() ? OpenConsole(descriptor) : new DescriptorStream(descriptor);

    // Apart, so that elsewhere Console's assembly is not loaded: that fails when no descriptor is left, which is just
    // what an error may have to be written about.
    private static Stream OpenConsole(int descriptor) => descriptor switch
    {
        0 => Console.OpenStandardInput(),
        1 => Console.OpenStandardOutput(),
        _ => Console.OpenStandardError(),
    };
}
