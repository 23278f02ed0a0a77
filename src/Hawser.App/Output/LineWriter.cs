using System.Text;

namespace Hawser.App.Output;

/// <summary>Writes whole lines as UTF-8, each with one call to the system, from any thread.</summary>
/// <param name="stream">Where to.</param>
/// <param name="onError">Told of every line that could not be written; without it, the writer throws.</param>
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
