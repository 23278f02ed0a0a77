using System.Text;

namespace Hawser.App.Output;

/// <summary>Writes whole lines as UTF-8, each with one system call. Thread-safe.</summary>
/// <param name="stream">The output.</param>
/// <param name="onError">Called for every line that cannot be written; null to throw.</param>
internal sealed class LineWriter(Stream stream, Action<IOException>? onError = null) : TextWriter
{
    private readonly Lock _gate = new();

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Write([value]);

    public override void Write(string? value) => Write(value.AsSpan());

    public override void WriteLine(string? value) => Write($"{value}\n".AsSpan());

    public override void Write(ReadOnlySpan<char> buffer)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(buffer.Length)];
        int length = Encoding.UTF8.GetBytes(buffer, bytes);
        try
        {
            lock (_gate)
                stream.Write(bytes, 0, length);
        }
        catch (IOException e) when (onError is not null)
        {
            onError(e);
        }
    }
}
