using System.Collections.Concurrent;
using System.Text;
using Hawser.Tests.Support;

namespace Hawser.Tests.Services.Clock;

/// <summary>Keeps the lines that a service or its clients print.</summary>
internal sealed class LogLines : TextWriter
{
    private readonly ConcurrentQueue<string> _lines = new();

    public override Encoding Encoding => Encoding.UTF8;

    public IReadOnlyCollection<string> Lines => _lines;

    public override void WriteLine(string? value) => _lines.Enqueue(value!);

    /// <summary>Waits until a line contains a text.</summary>
    public async Task<string> LineWithAsync(string part)
    {
        string? found = null;
        await Patience.UntilAsync(() =>
            (found = _lines.FirstOrDefault(line => line.Contains(part, StringComparison.Ordinal))) is not null);
        return found!;
    }
}
