using System.Globalization;

namespace Hawser.Tests.Simulation;

/// <summary>What happened in a simulation, in order, each line with its virtual time in milliseconds.</summary>
internal sealed class Trace(SimulatedScheduler scheduler)
{
    private readonly List<string> _lines = [];
    private readonly List<string> _faults = [];

    public IReadOnlyList<string> Lines => _lines;

    /// <summary>What the engine did against the contract of a transport or model, and its faults.</summary>
    public IReadOnlyList<string> Faults => _faults;

    public void Add(string who, string what)
    {
        if (!scheduler.HasEscaped())
        {
            double now = scheduler.Now.TotalMilliseconds;
            _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{now,10:F4} {who} {what}"));
        }
    }

    public void AddFault(string who, string what)
    {
        Add(who, $"FAULT: {what}");
        _faults.Add($"{who}: {what}");
    }
}
