using System.Diagnostics;
using Hawser.Services.Text;

namespace Hawser.App.Output;

/// <summary>One line on a terminal that tells how far a transfer is, at which rate, and how long it will take. Off a
/// terminal it draws nothing.</summary>
internal sealed class TransferProgress : IDisposable
{
    private const int BarCells = 24;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly string _name;
    private readonly long? _total;
    private readonly Func<long, string> _format;
    private readonly long _begin = Stopwatch.GetTimestamp();
    private readonly bool _draws = !Console.IsErrorRedirected;
    private TimeSpan _nextDrawing = Interval;
    private bool _drawn;

    private TransferProgress(string name, long? total, Func<long, string> format)
    {
        _name = name;
        _total = total;
        _format = format;
    }

    /// <param name="name">What is transferred.</param>
    /// <param name="total">Its bytes; null when nobody knows.</param>
    public static TransferProgress Start(string name, long? total) => new(name, total, Quantity.FormatSize);

    /// <param name="name">What is counted.</param>
    /// <param name="total">How many there are.</param>
    public static TransferProgress StartCounting(string name, long total) => new(name, total, count => $"{count}");

    /// <summary>Draws, if it is time to.</summary>
    public void Report(long bytes)
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_begin);
        if (!_draws || elapsed < _nextDrawing)
            return;
        _nextDrawing = elapsed + Interval;
        _drawn = true;
        Standard.Error.Write($"\r\e[K{Line(bytes, elapsed)}");
    }

    /// <summary>Takes the line away.</summary>
    public void Dispose()
    {
        if (_drawn)
            Standard.Error.Write("\r\e[K");
        _drawn = false;
    }

    private string Line(long bytes, TimeSpan elapsed)
    {
        double rate = bytes / elapsed.TotalSeconds;
        string moved = $"{_format(bytes)}, {_format((long)rate)}/s";
        if (_total is not > 0)
            return $"{_name} {moved}";
        double share = Math.Min(1, (double)bytes / _total.Value);
        int cells = (int)(share * BarCells);
        TimeSpan left = TimeSpan.FromSeconds(rate > 0 ? (_total.Value - bytes) / rate : 0);
        return $"{_name} [{new string('#', cells)}{new string('.', BarCells - cells)}] {share:0 %} {moved}, "
            + $"{left:m\\:ss} left";
    }
}
