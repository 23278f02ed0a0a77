using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Hawser.Models;
using Hawser.Services.Text;

namespace Hawser.Services.Message;

/// <summary>The message service: writes the messages of concurrent clients to the standard output.</summary>
public sealed class MessageService : Service
{
    /// <summary><c>--order completion|arrival|interleave</c>.</summary>
    public static readonly ServiceOption<MessageOrder> Order = new(
        "order", "ORDER", "how messages come out: completion (whole, as they end), arrival (whole, as they came) or "
        + "interleave (chunk by chunk)", "completion", ParseOrder)
    {
        Choices = ["completion", "arrival", "interleave"],
    };

    /// <summary><c>--max-bytes SIZE</c>.</summary>
    public static readonly ServiceOption<long> MaxBytes =
        new("max-bytes", "SIZE", "bytes of one message; a longer one is refused or truncated", "16GB", Quantity.ParseSize);

    /// <summary><c>--spool-limit SIZE</c>.</summary>
    public static readonly ServiceOption<long> SpoolLimit = new(
        "spool-limit", "SIZE", "bytes of all messages that wait on disk, under TMPDIR; what does not fit is refused",
        "1GB", Quantity.ParseSize);

    /// <summary><c>--stall-timeout TIME</c>.</summary>
    public static readonly ServiceOption<TimeSpan> StallTimeout = new(
        "stall-timeout", "TIME", "reset a sender that others wait for after this long without a byte, or never", "5s",
        ParseStallTimeout);

    /// <summary><c>--min-rate SIZE</c>.</summary>
    public static readonly ServiceOption<long> MinRate = new(
        "min-rate", "SIZE", "reset such a sender below this many bytes per second", "64kB",
        Quantity.ParseSize);

    private const int DemoSenders = 10;
    private static readonly TimeSpan DemoWait = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public override string Name => "message";

    /// <inheritdoc/>
    public override string Summary => "writes what clients send to the standard output, byte for byte, each whole";

    /// <inheritdoc/>
    public override int DefaultPort => 8001;

    /// <inheritdoc/>
    public override int DefaultBacklog => 10;

    /// <inheritdoc/>
    public override bool PortIsArgument => true;

    /// <inheritdoc/>
    public override IReadOnlyList<ServiceOption> Options => [Order, MaxBytes, SpoolLimit, StallTimeout, MinRate];

    /// <inheritdoc/>
    public override bool OwnsOutput => true;

    /// <inheritdoc/>
    public override bool TakesToken => true;

    /// <inheritdoc/>
    public override ServerLimits DefaultLimits => new()
    {
        // A message may be typed or come from a slow program.
        FirstByteTimeout = TimeSpan.FromHours(1),
        IdleTimeout = TimeSpan.FromHours(1),
    };

    /// <inheritdoc/>
    public override IConnectionHandler CreateHandler(ServiceSettings settings, ServiceEnvironment environment) =>
        new MessageHandler(
            new MessageOptions
            {
                Order = settings.Get(Order),
                MaxBytes = settings.Get(MaxBytes),
                SpoolLimitBytes = settings.Get(SpoolLimit),
                StallTimeout = settings.Get(StallTimeout),
                MinBytesPerSecond = settings.Get(MinRate),
            },
            environment);

    /// <inheritdoc/>
    public override string Destination(ServiceSettings settings) => "the standard output";

    /// <inheritdoc/>
    public override string DescribeBounds(ServiceSettings settings) =>
        $"limits: {Quantity.FormatSize(settings.Get(MaxBytes))} per message (--max-bytes), "
        + $"{Quantity.FormatSize(settings.Get(SpoolLimit))} on disk for messages that wait (--spool-limit)";

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<Demonstration>> DemonstrateAsync(ConcurrencyModel model, string folder)
    {
        byte[] text =
            [.. Encoding.UTF8.Preamble, .. "a byte order mark, a line, two bytes to end it\r\nund Umlaute: äöü €"u8];
        return
        [
            await ShowAsync(model, folder, "a UTF-8 text with BOM and CRLF", [text]),
            await ShowAsync(model, folder, "100 kB of random bytes", [RandomNumberGenerator.GetBytes(100_000)]),
            await ShowAsync(model, folder, $"{DemoSenders} messages of 3 to 5 MB at once",
                [.. Enumerable.Range(0, DemoSenders).Select(_ =>
                    RandomNumberGenerator.GetBytes(RandomNumberGenerator.GetInt32(3_000_000, 5_000_000)))]),
        ];
    }

    private async Task<Demonstration> ShowAsync(
        ConcurrencyModel model, string folder, string what, IReadOnlyList<byte[]> messages)
    {
        string path = Path.Combine(folder, "messages.out");
        long begin = Stopwatch.GetTimestamp();
        await using (var output = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 0))
        {
            await using ServiceHost host =
                ServiceHost.StartForDemonstration(this, ServiceSettings.Defaults, model, output);
            await Task.WhenAll(messages.Select(message =>
                MessageClient.SendAsync(host.EndPoint, new MemoryStream(message), DemoWait)));
        }
        TimeSpan time = Stopwatch.GetElapsedTime(begin);
        byte[] arrived = await File.ReadAllBytesAsync(path);
        return new Demonstration(what, arrived.Length, time, Compare(arrived, messages));
    }

    /// <summary>Checks that the output consists of the messages, each whole, in any order.</summary>
    private static string? Compare(ReadOnlySpan<byte> output, IReadOnlyList<byte[]> messages)
    {
        var missing = messages.ToList();
        int offset = 0;
        while (missing.Count > 0)
        {
            int next = -1;
            for (int i = 0; i < missing.Count && next < 0; i++)
            {
                if (output[offset..].StartsWith(missing[i]))
                    next = i;
            }
            if (next < 0)
                return $"no message begins at byte {offset} of the output";
            offset += missing[next].Length;
            missing.RemoveAt(next);
        }
        return offset == output.Length ? null : $"{output.Length - offset} bytes too many";
    }

    private static TimeSpan ParseStallTimeout(string text)
    {
        TimeSpan timeout = Quantity.ParseTimeout(text);
        return timeout == Timeout.InfiniteTimeSpan || timeout >= TimeSpan.FromMilliseconds(10)
            ? timeout
            : throw new FormatException($"'{text}' is too short; use 10ms or more, or never");
    }

    private static MessageOrder ParseOrder(string text) => text switch
    {
        "completion" => MessageOrder.Completion,
        "arrival" => MessageOrder.Arrival,
        "interleave" => MessageOrder.Interleave,
        _ => throw new FormatException($"unknown order '{text}'; use completion, arrival or interleave"),
    };
}
