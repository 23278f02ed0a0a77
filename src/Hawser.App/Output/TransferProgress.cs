using System.Diagnostics;
using Hawser.Services.Text;

namespace Hawser.App.Output;

/// <summary>A progress bar on the standard error. Draws nothing off a terminal or before 200 ms have passed.</summary>
internal sealed class TransferProgress : IDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(200);

    private readonly string _name;
    private readonly long? _total;
    private readonly Func<long, string> _format;
    private readonly long _begin = Stopwatch.GetTimestamp();
    private readonly bool _draws = !Console.IsErrorRedirected;
    private ProgressBar? _bar;

    private TransferProgress(string name, long? total, Func<long, string> format)
    {
        _name = name;
        _total = total;
        _format = format;
    }

    /// <param name="name">What is transferred.</param>
    /// <param name="total">Its bytes; null if unknown.</param>
    public static TransferProgress Start(string name, long? total) => new(name, total, Quantity.FormatSize);

    /// <param name="name">What is counted.</param>
    /// <param name="total">How many there are.</param>
    public static TransferProgress StartCounting(string name, long total) => new(name, total, count => $"{count}");

    /// <summary>Shows how much is done. Not thread-safe.</summary>
    public void Report(long done)
    {
        if (!_draws || (_bar is null && Stopwatch.GetElapsedTime(_begin) < Moment))
            return;
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_begin);
        _bar ??= new ProgressBar(_name, _total);
        _bar.Report(done, $"{_format(done)}, {_format((long)(done / elapsed.TotalSeconds))}/s");
    }

    /// <summary>Removes the bar.</summary>
    public void Dispose()
    {
        _bar?.Dispose();
        _bar = null;
    }
}
