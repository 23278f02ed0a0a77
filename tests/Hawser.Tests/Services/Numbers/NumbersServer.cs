using System.Globalization;
using Hawser.Services;
using Hawser.Services.Numbers;

namespace Hawser.Tests.Services.Numbers;

/// <summary>A numbers server on a port of its own.</summary>
internal sealed class NumbersServer : RunningService
{
    private NumbersServer(ServiceSettings settings, string model) : base(new NumbersService(), settings, model)
    {
    }

    public static NumbersServer Start(
        string model = "threads", int count = 1000, ulong? seed = null, long? min = null, long? max = null)
    {
        var settings = new ServiceSettings();
        settings.Set(NumbersService.Count, Text(count));
        if (seed is not null)
            settings.Set(NumbersService.Seed, Text(seed));
        if (min is not null)
            settings.Set(NumbersService.Min, Text(min));
        if (max is not null)
            settings.Set(NumbersService.Max, Text(max));
        return new NumbersServer(settings, model);
    }

    /// <summary>The list that a seed and an index stand for, made number by number.</summary>
    public static string ListOf(
        ulong seed, long index, int count,
        long min = NumbersProtocol.DefaultMin, long max = NumbersProtocol.DefaultMax)
    {
        NumberGenerator generator = NumberGenerator.ForList(seed, index, new NumberRange(min, max));
        return string.Join(',', Enumerable.Range(0, count).Select(position => generator.NumberAt(position)));
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
