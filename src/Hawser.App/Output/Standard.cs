using Hawser.Services;

namespace Hawser.App.Output;

/// <summary>The standard streams, unbuffered and with their errors: <see cref="Console"/> would swallow a broken pipe,
/// and start more slowly.</summary>
internal static class Standard
{
    private static readonly Lazy<TextWriter> LazyOut = new(() => new LineWriter(
        OpenOutput(), onError: e => throw new IOException($"cannot write to the standard output: {e.Message}", e)));

    // There is no place to report that errors cannot be written.
    private static readonly Lazy<TextWriter> LazyError = new(() => new LineWriter(OpenError(), onError: _ => { }));

    /// <summary>Results, a whole line at a time. Without a reader, a write fails with an
    /// <see cref="IOException"/>.</summary>
    public static TextWriter Out => LazyOut.Value;

    /// <summary>Everything else, a whole line at a time. Never fails.</summary>
    public static TextWriter Error => LazyError.Value;

    /// <summary>The standard input as bytes.</summary>
    public static Stream OpenInput() => Open(0);

    /// <summary>The standard output as bytes. Without a reader, a write fails with an
    /// <see cref="IOException"/>.</summary>
    public static Stream OpenOutput() => Open(1);

    /// <summary>The standard error as bytes. A write fails with an <see cref="IOException"/>.</summary>
    public static Stream OpenError() => Open(2);

    private static Stream Open(int descriptor) =>
        OperatingSystem.IsWindows() ? OpenConsole(descriptor) : new DescriptorStream(descriptor);

    // In a method of its own, so that other systems do not load Console's assembly: that fails without a free
    // descriptor, which is an error that must be written.
    private static Stream OpenConsole(int descriptor) => descriptor switch
    {
        0 => Console.OpenStandardInput(),
        1 => Console.OpenStandardOutput(),
        _ => Console.OpenStandardError(),
    };
}
